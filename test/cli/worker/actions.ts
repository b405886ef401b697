import { z } from 'zod';
import { defineAction } from '../../../src/index.js';

/** Runs so long, and not shorter when its signal aborts. */
export const nap = defineAction({
  name: 'nap',
  summary: 'Sleeps.',
  request: z.object({ ms: z.number().nonnegative().default(0) }),
  response: z.object({ slept: z.number() }),
});

/** Fails in a way that no request hears of. */
export const stumble = defineAction({
  name: 'stumble',
  summary: 'Leaves an error behind that belongs to no request.',
  request: z.object({ how: z.enum(['rejection', 'exception']) }),
  response: z.object({}),
});
