import { z } from 'zod';
import { defineAction, defineHandler, type HandlerContext } from '../../src/index.js';
import type { Replied } from '../../src/core/reply.js';
import { mockHandlers } from '../../src/mock/mock-handlers.js';
import { createSeededRandom } from '../../src/testing/seeded-random.js';

/** The first replies of a mocked action with this response. */
export function generated(response: z.ZodType, { seed = 1, count = 20 } = {}): unknown[] {
  const action = defineAction({ name: 'mocked', summary: 'Is mocked.', request: z.object({}), response });
  const handler = defineHandler(action, {
    run: () => {
      throw new Error('expected the handler itself not to run');
    },
  });
  const [mocked] = mockHandlers([handler], { random: createSeededRandom(seed) });
  return Array.from({ length: count }, () => {
    const replied = mocked?.run({}, {} as HandlerContext) as Replied<unknown>;
    return replied.value;
  });
}
