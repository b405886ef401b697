import { z } from 'zod';

// The message of each field is what it expects, as problems.ts says it: "expected <message>, got …".

const textExpected = 'text that is not empty';

export function text(expected = textExpected) {
  return z.string({ error: expected }).min(1, { error: expected });
}

export function textLike(pattern: RegExp, expected: string) {
  return z.string({ error: expected }).regex(pattern, { error: expected });
}

export function oneOf<const T extends readonly [string, ...string[]]>(values: T) {
  return z.enum(values, { error: `one of ${values.join(', ')}` });
}

/** A number of the file, or text that is one: what a variable says is text. */
export function wholeNumber(least = 1, most?: number) {
  const error = most === undefined ? `a whole number of at least ${least}` : `a whole number from ${least} to ${most}`;
  const number = z.int({ error }).min(least, { error });
  return z.preprocess(numberIn, most === undefined ? number : number.max(most, { error }));
}

/** Also as YAML 1.1 writes it, which the files of existing consumers are. */
export function flag() {
  return z.preprocess(flagIn, z.boolean({ error: 'true or false' }));
}

export function texts() {
  return z.array(text(), { error: 'a list of texts' });
}

/** A number, from the text of one, too. */
export function numberIn(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
}

/** True or false, from the words for them, too. */
export function flagIn(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (/^(true|yes|on)$/i.test(value)) return true;
  return /^(false|no|off)$/i.test(value) ? false : value;
}
