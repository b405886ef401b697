import type { z } from 'zod';
import type { Dice } from './dice.js';
import { createGenerator } from './generate.js';
import type { JsonSchema } from './json-schema.js';

const tries = 100;

export type Drawn = { readonly value: unknown } | { readonly problem: string };

/**
 * Draws values that `schema` accepts, with the help of what JSON Schema says of it; `what` names them in a problem.
 * Examples and defaults come first, and are left aside in the end where the schema itself refuses them.
 */
export function createDraw(schema: z.ZodType, written: JsonSchema, what: string): (dice: Dice) => Drawn {
  const generate = createGenerator(written);
  return (dice) => {
    let problem = '';
    for (let nth = 0; nth < 2 * tries; nth++) {
      try {
        const value = generate(dice, nth < tries);
        const parsed = schema.safeParse(value);
        if (parsed.success) return { value };
        const [issue] = parsed.error.issues;
        problem = `${[what, ...(issue?.path ?? [])].join('.')}: ${issue?.message ?? 'refused'}`;
      } catch (error) {
        problem = error instanceof Error ? error.message : String(error);
      }
    }
    return { problem };
  };
}
