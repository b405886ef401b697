import { runScript } from '../../test/support/process.js';
import type { Counted, Timed } from './contender-process.js';
import type { OpenOptions } from './in-process.js';

/** A process that has nothing to do but to make the calls of one contender, when it is told to. */
export interface ContenderProcess {
  /** Calls for so long, one after the other. */
  time(ms: number): Promise<Timed>;
  /** Makes so many calls, and watches the heap. */
  count(calls: number): Promise<Counted>;
}

export interface ContenderOptions extends Pick<OpenOptions, 'variant' | 'size'> {
  /** Exports `open`. */
  readonly module: URL;
}

/** The built package is measured, not its sources. */
const env = { TSX_TSCONFIG_PATH: new URL('../tsconfig.json', import.meta.url).pathname };

/** Starts them all; they end with `use`. */
export async function withProcesses<T>(
  all: readonly ContenderOptions[],
  use: (contenders: readonly ContenderProcess[]) => Promise<T>,
): Promise<T> {
  const scripts = all.map(({ module, ...given }) =>
    runScript(new URL('contender-process.ts', import.meta.url), {
      args: [module.href, JSON.stringify(given)],
      env,
      nodeOptions: ['--expose-gc'],
    }),
  );
  try {
    await Promise.all(scripts.map((script) => script.waitForLine('ready')));
    return await use(scripts.map(contenderOf));
  } finally {
    await Promise.all(scripts.map((script) => script.kill9()));
  }
}

function contenderOf(script: ReturnType<typeof runScript>): ContenderProcess {
  let asked = 0;

  async function ask(what: string): Promise<unknown> {
    const id = `${++asked} `;
    script.writeLine(id + what);
    const answer = await script.waitForLine({ test: (line) => line.startsWith(id), toString: () => what });
    return JSON.parse(answer.slice(id.length));
  }

  return {
    time: (ms) => ask(`time ${ms}`) as Promise<Timed>,
    count: (calls) => ask(`count ${calls}`) as Promise<Counted>,
  };
}
