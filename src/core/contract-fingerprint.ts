import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Action } from './action.js';
import { contractHeader } from './headers.js';

/** Words for people, and what two versions of zod or a generated schema may write in another way. */
const left: ReadonlySet<string> = new Set([
  ...['$schema', '$defs', '$ref', 'title', 'description', 'examples', 'deprecated', 'id', 'format', 'pattern', 'allOf'],
  ...['contentEncoding', 'readOnly', 'x-refined'],
]);

/** What an action carries, in JSON Schema. */
export interface WrittenContract {
  readonly request: object;
  readonly response: object;
  readonly errors: Readonly<Record<string, object>>;
}

/** 12 hexadecimal digits: of two actions with other fields, types, limits or errors they differ. */
export function contractFingerprint({ request, response, errors }: Action): string {
  const written = (schema: z.ZodType, io: 'input' | 'output') => z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return fingerprintOf({
    request: written(request, 'input'),
    response: written(response, 'output'),
    errors: Object.fromEntries(Object.entries(errors).map(([name, schema]) => [name, written(schema, 'output')])),
  });
}

/** The fingerprint of an action of which only its contract is known. */
export function fingerprintOf({ request, response, errors }: WrittenContract): string {
  const text = JSON.stringify([essence(request, false), essence(response, false), essence(errors, true)]);
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

function essence(value: unknown, isNames: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => essence(item, false));
  if (typeof value !== 'object' || value === null) return value;
  const isSecret = !isNames && 'x-secret' in value;
  return (
    Object.entries(value)
      // Without a word about other keys, objects that are read drop them, and objects that are written have none.
      .filter(([key, inner]) => isNames || !(left.has(key) || (isSecret && key === 'default') || inner === false))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, essence(inner, !isNames && key === 'properties')])
  );
}

/** The headers of a call that needs no others, by action: worked out once for each. */
export type ContractHeaders = (action: Action) => Readonly<Record<string, string>>;

const none = Object.freeze({});

export function createContractHeaders(): ContractHeaders {
  const known = new WeakMap<Action, Readonly<Record<string, string>>>();
  return (action) => {
    // Who knows an action by its name alone knows no contract of it.
    if (action.otherErrors !== undefined) return none;
    let headers = known.get(action);
    if (!headers) known.set(action, (headers = Object.freeze({ [contractHeader]: contractFingerprint(action) })));
    return headers;
  };
}
