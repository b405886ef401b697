import { z } from 'zod';
import type { Action } from '../../core/action.js';
import type { PackagedHandler } from '../handlers/select.js';

/** What is said of an action, as `--json` prints it. */
export interface ActionDescription {
  readonly name: string;
  readonly summary: string;
  readonly package: string;
  readonly location: string;
  readonly locks: boolean;
  readonly timeoutMs: number;
  readonly errors: readonly string[];
}

export function describeAction({ handler, from, location }: PackagedHandler): ActionDescription {
  const { action, locks, timeoutMs = 60_000 } = handler;
  return {
    name: action.name,
    summary: action.summary,
    package: from,
    location,
    locks: locks !== undefined,
    timeoutMs,
    errors: Object.keys(action.errors),
  };
}

/** The JSON Schemas of what a caller sends, and of what it may get. */
export function schemasOf({ request, response, errors }: Action): Readonly<Record<string, unknown>> {
  return {
    // What JSON Schema has no word for is left to the worker's own check.
    request: z.toJSONSchema(request, { io: 'input', unrepresentable: 'any' }),
    response: z.toJSONSchema(response, { io: 'output' }),
    errors: Object.fromEntries(
      Object.entries(errors).map(([name, schema]) => [name, z.toJSONSchema(schema, { io: 'output' })]),
    ),
  };
}
