import { z } from 'zod';
import { defineAction } from '../../../src/index.js';

const request = z.object({ resource: z.string() });
const response = z.object({ run: z.string() });

/** Holds a lock on its resource until the gate is open. */
export const occupy = defineAction({ name: 'occupy', summary: 'Holds a lock.', request, response });

/** Must not run twice, whatever becomes of its worker; waits for the gate. */
export const charge = defineAction({ name: 'charge', summary: 'Has an effect once.', request, response });
