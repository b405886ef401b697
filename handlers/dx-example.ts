import { defineAction, defineHandler, exclusive, reply, systemRandom, type Handler, type Random } from 'samovar';
import { z } from 'zod';

/** Speaks the wire format of the Python example of the same name: its callers and consumers need no change. */
export const dxExample = defineAction({
  name: 'dx_example',
  summary: 'Determines whether a favourite food is tolerable.',
  request: z.object({
    favourite_food: z.enum(['onion', 'orange', 'banana']).describe('Human-readable favourite food.'),
    chance_percentage: z.int().positive().default(20).describe('Chances of the favourite food passing.'),
  }),
  response: z.object({ tolerable: z.boolean() }),
});

export function handleDxExample({ random = systemRandom }: { readonly random?: Random } = {}): Handler {
  return defineHandler(dxExample, {
    locks: (request) => [exclusive(`food:${request.favourite_food}`)],
    run(request) {
      const tolerable = request.favourite_food !== 'onion' && random.unit() * 100 < request.chance_percentage;
      return reply({ tolerable }, { message: 'Determined toleration' });
    },
  });
}
