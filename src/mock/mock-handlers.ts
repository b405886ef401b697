import { z } from 'zod';
import type { Action } from '../core/action.js';
import { defineHandler, reply, type Handler } from '../core/handler.js';
import type { Random } from '../core/random.js';
import { createDice, type Dice } from './dice.js';
import { createDraw } from './draw.js';
import type { JsonSchema } from './json-schema.js';

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
  const draw = createDraw(response, z.toJSONSchema(response, { io: 'output' }) as JsonSchema, 'the response');
  const first = draw(dice);
  if ('problem' in first) {
    throw new TypeError(
      `expected to generate a reply of action ${name}, got none that its response schema accepts (${first.problem}); give the schema an example: .meta({ examples: [...] })`,
    );
  }
  // A schema that refuses nearly everything may refuse all tries once more; the first reply stays right.
  return () => {
    const drawn = draw(dice);
    return 'value' in drawn ? drawn.value : first.value;
  };
}
