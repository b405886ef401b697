import type { Dice } from './dice.js';
import { drawFormat, drawWords } from './formats.js';
import type { PlainSchema } from './json-schema.js';
import { parsePattern, type DrawText, type Times } from './pattern.js';

/**
 * A text of the schema; undefined if none was found.
 * @throws SyntaxError if one of its patterns cannot be drawn from.
 */
export function drawString(schema: PlainSchema, dice: Dice): string | undefined {
  const { minLength = 0, maxLength = Infinity, format = '', patterns } = schema;
  const tests = patterns.map(compile);
  const fits = (text: string) =>
    text.length >= minLength && text.length <= maxLength && tests.every((test) => test.test(text));

  const known = drawFormat(format, dice).find(fits);
  if (known !== undefined) return known;
  if (patterns.length === 0) return [drawWords(minLength, maxLength, dice)].find(fits);
  const drawers = patterns.map(parsePattern);
  for (let tries = 0; tries < 20; tries++) {
    const few: Times = (least, most) => dice.between(least, Math.min(most, least + 3));
    const found = [few, repeatsUpTo(minLength, drawers, dice)]
      .flatMap((times) => candidates(drawers, minLength, dice, times))
      .find(fits);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Several patterns are mostly a beginning, parts and an end: put one after the other in any order. Room left is filled. */
function candidates(drawers: readonly DrawText[], minLength: number, dice: Dice, times: Times): string[] {
  const drawn = drawers.map((draw) => draw(dice, times));
  const order = drawn.map((text) => ({ text, rank: dice.unit() })).sort((a, b) => a.rank - b.rank);
  const whole = order.map(({ text }) => text).join('');
  return [...drawn, whole, whole.padEnd(minLength, 'a'), whole.padStart(minLength, 'a')];
}

/** Repeats as often as makes the text `length` long, if what is repeated is one character. */
function repeatsUpTo(length: number, drawers: readonly DrawText[], dice: Dice): Times {
  const shortest = drawers.map((draw) => draw(dice, (least) => least)).join('');
  let left = Math.max(0, length - shortest.length);
  return (least, most) => {
    const more = Math.min(left, most - least);
    left -= more;
    return least + more;
  };
}

/** zod keeps the source of a pattern and not its flags; only with `u` does `\p{…}` mean what it says. */
function compile(pattern: string): RegExp {
  try {
    return new RegExp(pattern, 'u');
  } catch {
    return new RegExp(pattern);
  }
}
