import { defineAction } from 'samovar';
import { z } from 'zod';

/** What callers import: the contract, without the handler. */
export const addNote = defineAction({
  name: 'example_add_note',
  summary: 'Adds a note to a list.',
  request: z.object({
    list: z.string().regex(/^[a-z0-9-]{1,64}$/),
    text: z.string().min(1).max(500),
  }),
  response: z.object({ notes: z.int().positive().describe('How many notes the list has now.') }),
  errors: { list_full: z.object({ notes: z.int() }) },
});
