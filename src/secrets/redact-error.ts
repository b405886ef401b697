/** Deeper chains are cut: a cause may lead back to its error. */
const mostCauses = 5;
/** Shorter ones are common parts of words. */
const shortLength = 4;
const shown = '[secret]';

/** An error as a log may tell it: with neither the secrets, however they are written, nor anything that hangs on it. */
export function redactedError(error: unknown, secrets: readonly unknown[]): unknown {
  const pattern = patternOf(secrets.flatMap(textsIn));
  const hidden = (text: string): string => (pattern ? text.replace(pattern, shown) : text);

  function redacted(thrown: unknown, depth: number): unknown {
    if (!(thrown instanceof Error)) return typeof thrown === 'string' ? hidden(thrown) : `a thrown ${typeof thrown}`;
    const { name, message, stack, cause } = thrown;
    const copy = new Error(
      hidden(message),
      cause !== undefined && depth < mostCauses ? { cause: redacted(cause, depth + 1) } : {},
    );
    copy.name = name;
    copy.stack = hidden(stack ?? '');
    return 'code' in thrown && typeof thrown.code === 'string' ? Object.assign(copy, { code: thrown.code }) : copy;
  }

  return redacted(error, 0);
}

/** All that a secret says, piece by piece. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string' || typeof value === 'number') return [String(value)];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}

function patternOf(texts: readonly string[]): RegExp | undefined {
  const forms = new Set(texts.flatMap((text) => [text, JSON.stringify(text).slice(1, -1), inUrl(text)]));
  forms.delete('');
  if (forms.size === 0) return undefined;
  // The longest first: one may begin with another.
  const sorted = [...forms].sort((one, other) => other.length - one.length);
  return new RegExp(sorted.map(matching).join('|'), 'g');
}

function inUrl(text: string): string {
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, ''));
}

function matching(text: string): string {
  const escaped = text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  return text.length < shortLength ? `(?<!\\w)${escaped}(?!\\w)` : escaped;
}
