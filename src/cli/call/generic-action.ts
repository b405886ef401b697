import { z } from 'zod';
import { defineAction, type Action } from '../../core/action.js';

/** The contract of an action about which only the name is known: any object in, any JSON and any error out. */
export function genericAction(name: string): Action {
  const { request, response, errors } = defineAction({
    name,
    summary: 'Known by its name alone.',
    request: z.looseObject({}),
    response: z.unknown(),
  });
  return { name, summary: '', request, response, errors, otherErrors: z.unknown() };
}
