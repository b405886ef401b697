import { z } from 'zod';
import { defineAction } from '../../../src/index.js';

/** What the worker processes of the tests do: something that leaves a trace. */
export const work = defineAction({
  name: 'work',
  summary: 'Leaves a trace of its start and of its end.',
  request: z.object({
    subject: z.string(),
    ms: z.number().nonnegative().default(0).describe('How long it takes.'),
    holds: z.boolean().default(false).describe('It ends only when its worker is told to go on.'),
    eats: z.boolean().default(false).describe('It takes memory until there is none.'),
    lock: z.string().optional().describe('What it has for itself while it runs.'),
    tags: z.record(z.string(), z.unknown()).optional(),
  }),
  response: z.object({ pid: z.int(), redelivered: z.boolean(), attempt: z.int() }),
});
