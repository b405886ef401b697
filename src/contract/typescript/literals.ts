import type { Code } from './print.js';

/** A JSON value as an expression. */
export function literalCode(value: unknown): Code {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number') return String(value).replace('e+', 'e');
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return { kind: 'list', items: value.map(literalCode) };
  const fields = Object.entries(value).map(([key, inner]) => ({ key: keyOf(key), value: literalCode(inner) }));
  return { kind: 'object', fields, isExpanded: false };
}

/** In single quotes, unless it has more of them than double ones. */
export function quoted(text: string): string {
  const json = JSON.stringify(text).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
  const count = (quote: string) => text.split(quote).length;
  if (count("'") > count('"')) return json;
  return `'${json.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

export function keyOf(key: string): string {
  // A key of that name, written as it is, would set the prototype.
  if (key === '__proto__') return "['__proto__']";
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? key : quoted(key);
}

/** A pattern of JSON Schema, which is read with the flag "u"; without it where it is none then. */
export function regexOf(pattern: string): string | undefined {
  for (const flags of ['u', '']) {
    try {
      return String(new RegExp(pattern, flags));
    } catch {
      // Not with these flags.
    }
  }
  return undefined;
}
