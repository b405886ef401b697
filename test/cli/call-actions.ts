import { z } from 'zod';
import { defineAction } from '../../src/index.js';

/** A handler module that a call reads the actions of, and does not set up. */
export default function setUp(): never {
  throw new Error('set up by a caller');
}

export const guarded = defineAction({
  name: 'guarded',
  summary: 'Takes a secret.',
  request: z.object({ api_token: z.string().max(3) }),
  response: z.unknown(),
});

/** Knows more of the action than its worker does. */
export const probe = defineAction({
  name: 'probe',
  summary: 'Has a default inside.',
  request: z.looseObject({ deep: z.object({ level: z.int().default(7) }).optional() }),
  response: z.unknown(),
});
