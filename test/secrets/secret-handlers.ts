import { z } from 'zod';
import { defineAction, defineHandler, secret } from '../../src/index.js';

export const setPassword = defineAction({
  name: 'set_password',
  summary: 'For the tests.',
  request: z.object({ user: z.string(), pin: secret(z.string().min(4)) }),
  response: z.object({ recovery: secret(z.string()) }),
});

export default [defineHandler(setPassword, { run: ({ pin }) => ({ recovery: `of ${pin.reveal()}` }) })];
