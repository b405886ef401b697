import { inspect } from 'node:util';

/** Deeper chains are cut: a cause may lead back to its error. */
const mostCauses = 5;
/** Shorter ones are common parts of words. */
const shortLength = 4;
/** Shorter lines of a secret that has several say nothing: brackets, blanks. */
const leastLine = 8;
const shown = '[secret]';
/** What Node quotes of a text that is no JSON: a part of it, that may be one of a secret. */
const quotedByParser = /(?<=', )(?:\.\.\.)?"[^]*?"(?:\.\.\.)?(?= is not valid JSON)/g;

/** An error as a log may tell it: with neither the secrets, however they are written, nor anything that hangs on it. */
export function redactedError(error: unknown, secrets: readonly unknown[]): unknown {
  let pattern: RegExp | undefined;
  // What is thrown may be anything, and its message, too.
  const hidden = (text: unknown): string => {
    if (typeof text !== 'string') return '';
    return pattern ? text.replace(pattern, shown).replace(quotedByParser, shown) : text;
  };

  function redacted(thrown: unknown, depth: number): unknown {
    if (!(thrown instanceof Error)) return typeof thrown === 'string' ? hidden(thrown) : `a thrown ${typeof thrown}`;
    const { name, message, stack, cause } = thrown;
    const copy = new Error(
      hidden(message),
      cause !== undefined && depth < mostCauses ? { cause: redacted(cause, depth + 1) } : {},
    );
    copy.name = hidden(name);
    copy.stack = hidden(stack);
    return 'code' in thrown && typeof thrown.code === 'string'
      ? Object.assign(copy, { code: hidden(thrown.code) })
      : copy;
  }

  try {
    const seen = new Set();
    pattern = patternOf(secrets.flatMap((secret) => textsIn(secret, seen)));
    return redacted(error, 0);
  } catch {
    return new Error('what was thrown cannot be read');
  }
}

/** All that a secret says, piece by piece; of several lines each, since that is how Node prints them. */
function textsIn(value: unknown, seen: Set<unknown>): string[] {
  if (typeof value === 'number' || typeof value === 'bigint') return [String(value)];
  if (typeof value === 'string') return [value, ...value.split(/\r?\n/).filter((line) => line.length >= leastLine)];
  // What a transform has made may lead back to itself.
  if (typeof value !== 'object' || value === null || seen.has(value)) return [];
  seen.add(value);
  return Object.values(value).flatMap((inner) => textsIn(inner, seen));
}

function patternOf(texts: readonly string[]): RegExp | undefined {
  const forms = new Set(texts.flatMap(formsOf));
  forms.delete('');
  if (forms.size === 0) return undefined;
  // The longest first: one may begin with another.
  const sorted = [...forms].sort((one, other) => other.length - one.length);
  return new RegExp(sorted.map(matching).join('|'), 'g');
}

/** As it is, in JSON, as Node prints it, and in a URL. */
function formsOf(text: string): string[] {
  return [text, JSON.stringify(text).slice(1, -1), inspect(text).slice(1, -1), ...inUrl(text)];
}

/** In its path, in its query, and as a form. */
function inUrl(text: string): string[] {
  const sound = text.replace(/\p{Surrogate}/gu, '');
  return [encodeURI(sound), encodeURIComponent(sound), new URLSearchParams([['', sound]]).toString().slice(1)];
}

function matching(text: string): string {
  const escaped = text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  return text.length < shortLength ? `(?<!\\w)${escaped}(?!\\w)` : escaped;
}
