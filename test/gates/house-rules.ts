import type { Source } from './sources.js';

/** Where time and chance may be had from the machine itself; everywhere else they are injected. */
const ownersOfTimeAndChance: ReadonlySet<string> = new Set(['src/core/clock.ts', 'src/core/random.ts']);

const machineTimeAndChance =
  /\b(setTimeout|setInterval|Date\.now|performance\.now|process\.hrtime|AbortSignal\.timeout|Math\.random|randomUUID|randomBytes|randomInt)\b|\bnew Date\(\)/;

/** One sentence for each line of code that takes time or chance from the machine. */
export function machineTimeOrChance(sources: readonly Source[]): string[] {
  return sources
    .filter(({ path }) => !ownersOfTimeAndChance.has(path))
    .flatMap(({ path, text }) =>
      text.split('\n').flatMap((line, index) => {
        const found = machineTimeAndChance.exec(withoutComment(line))?.[0];
        return found === undefined ? [] : [`${path}:${index + 1}: ${found}; take a Clock or a Random instead`];
      }),
    );
}

export const mostLines = 220;

/** One sentence for each file that has grown past `mostLines`. */
export function overlong(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, text }) => {
    const lines = text.split('\n').length - 1;
    return lines > mostLines
      ? [`${path}: ${lines} lines, more than ${mostLines}; give one of its jobs a file of its own`]
      : [];
  });
}

function withoutComment(line: string): string {
  return /^\s*(\*|\/\*|\/\/)/.test(line) ? '' : line.replace(/\s\/\/ .*$/, '');
}
