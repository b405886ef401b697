import { z } from 'zod';
import type { Action } from '../core/action.js';
import { defineHandler, reply, type Handler } from '../core/handler.js';
import type { Random } from '../core/random.js';
import { createDice, type Dice } from './dice.js';
import { createGenerator } from './generate.js';
import type { JsonSchema } from './json-schema.js';

const tries = 100;

/**
 * Handlers for the same actions that answer each valid request with a generated, valid reply and run nothing: no locks, no
 * keys, no code of the handlers given. A schema's examples (`.meta({ examples: [...] })`) are preferred. The same
 * `random` gives the same replies to the same requests.
 * @throws TypeError naming the action for whose response no valid value can be generated.
 */
export function mockHandlers(
  handlers: readonly Handler[],
  { random }: { readonly random: Random },
): readonly Handler[] {
  const dice = createDice(random);
  return handlers.map(({ action }) => {
    const draw = drawReply(action, dice);
    return defineHandler(action, {
      run: () => reply(draw(), { message: 'This reply is generated: nothing was done' }),
    });
  });
}

function drawReply({ name, response }: Action, dice: Dice): () => unknown {
  const generate = createGenerator(z.toJSONSchema(response, { io: 'output' }) as JsonSchema);
  let problem = '';

  function draw(): { readonly value: unknown } | undefined {
    for (let nth = 0; nth < 2 * tries; nth++) {
      try {
        // Examples and defaults that the schema itself refuses are left aside in the end.
        const value = generate(dice, nth < tries);
        const parsed = response.safeParse(value);
        if (parsed.success) return { value };
        const [issue] = parsed.error.issues;
        problem = `${['the response', ...(issue?.path ?? [])].join('.')}: ${issue?.message ?? 'refused'}`;
      } catch (error) {
        problem = error instanceof Error ? error.message : String(error);
      }
    }
    return undefined;
  }

  const first = draw();
  if (!first) {
    throw new TypeError(
      `expected to generate a reply of action ${name}, got none that its response schema accepts (${problem}); give the schema an example: .meta({ examples: [...] })`,
    );
  }
  // A schema that refuses nearly everything may refuse all tries once more; the first reply stays right.
  return () => (draw() ?? first).value;
}
