import type { Dice } from './dice.js';
import type { PlainSchema } from './json-schema.js';

/** How far from its bounds a number is drawn, so that it stays readable. */
const span = 1_000;

/** A number of the schema, close to zero where that is allowed; undefined if there is none. */
export function drawNumber(schema: PlainSchema, isInteger: boolean, dice: Dice): number | undefined {
  const { minimum = -Infinity, exclusiveMinimum = -Infinity, maximum = Infinity, exclusiveMaximum = Infinity } = schema;
  const step = Math.max(0, ...schema.steps, isInteger ? 1 : 0);
  const width = Math.max(span, step * 10);
  const top = Math.min(maximum, exclusiveMaximum);
  const low = Math.max(minimum, exclusiveMinimum, top > 0 ? 0 : top - width);
  const high = Math.min(top, low + width);
  const fits = (value: number) =>
    value >= minimum && value > exclusiveMinimum && value <= maximum && value < exclusiveMaximum;

  if (step === 0) {
    const exact = low + dice.unit() * (high - low);
    return [Math.round(exact * 100) / 100, exact, (low + high) / 2].find(fits);
  }
  const first = Math.ceil(low / step) + (low === exclusiveMinimum && Number.isInteger(low / step) ? 1 : 0);
  const last = Math.floor(high / step) - (high === exclusiveMaximum && Number.isInteger(high / step) ? 1 : 0);
  if (first > last) return undefined;
  const drawn = dice.between(first, last) * step;
  // 3 * 0.1 is not 0.3; fifteen digits are what a double keeps of a decimal.
  return [Number(drawn.toPrecision(15)), drawn].find(fits);
}
