import { LineCounter, parseDocument, type YAMLError } from 'yaml';
import { ConfigurationError } from './configuration-error.js';
import { placesIn, type Places } from './places.js';

export interface Parsed {
  readonly value: unknown;
  readonly places: Places;
}

/** What a file of YAML says. @throws ConfigurationError with each place that is no YAML. */
export function parseYaml(file: string, text: string): Parsed {
  const lines = new LineCounter();
  // Pretty errors quote the file, and with it passwords.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true, stringKeys: true });
  const wrong = [...document.errors, ...document.warnings];
  // One mistake of another kind makes the parser stumble over much of what follows.
  const stumble = wrong.findIndex(({ code }) => !reasons.has(code));
  const told = stumble < 0 ? wrong : wrong.slice(0, stumble + 1);
  if (told.length > 0) {
    throw new ConfigurationError(
      told.map((error) => {
        const { line, col } = lines.linePos(error.pos[0]);
        return `${file}:${line}:${col}: expected YAML, got ${reasonOf(error, text)}`;
      }),
    );
  }
  try {
    return { value: document.toJS() as unknown, places: placesIn(file, document, lines) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError(`${file}:1:1: expected YAML whose aliases (*name) can be followed, got: ${reason}`, {
      cause: error,
    });
  }
}

const reasons: ReadonlyMap<string, string> = new Map([
  ['DUPLICATE_KEY', 'a key for the second time; keep one of them'],
  ['TAB_AS_INDENT', 'a tab as indentation; use spaces'],
  ['MULTIPLE_DOCS', 'a second document; keep one'],
  ['TAG_RESOLVE_FAILED', 'a tag (!name) that is not known here; leave it out'],
  ['NON_STRING_KEY', 'a key that is no text'],
]);

function reasonOf({ code, message, pos }: YAMLError, text: string): string {
  if (text.slice(pos[0] - 1, pos[0] + 1) === '${')
    return 'a ${ without quotes within { } or [ ]; put the value in quotes';
  // What follows a colon quotes the file.
  return reasons.get(code) ?? `a mistake: ${message.replace(/: ?["'].*$/s, '')}`;
}
