import type { z } from 'zod';
import { createDice } from '../mock/dice.js';
import { createDraw } from '../mock/draw.js';
import { createSeededRandom } from '../testing/seeded-random.js';
import type { JsonSchema } from './json-schema.js';

/**
 * A value that the schema accepts, with all that it may leave out; undefined if none was found. The same for the same
 * schema and name. A schema's own examples (`.meta({ examples: [...] })`) are preferred.
 */
export function exampleOf(schema: z.ZodType, written: JsonSchema, name: string): unknown {
  const dice = { ...createDice(createSeededRandom(hash(name))), isHeads: () => true };
  const drawn = createDraw(schema, written, name)(dice);
  return 'value' in drawn ? (JSON.parse(JSON.stringify(drawn.value)) as unknown) : undefined;
}

/** FNV-1a: another name gives other examples. */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) state = Math.imul(state ^ text.charCodeAt(index), 0x01000193);
  return state;
}
