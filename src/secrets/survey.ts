import type { Action } from '../core/action.js';
import { behindLazy, defOf, isSecretField, secretPaths, walkSchema, type Schema } from './schema-parts.js';

/** Names under which nothing may travel that is not encrypted, wherever they occur. */
export const defaultSecretNames: readonly string[] = [
  'secret_values',
  'passphrase',
  'password',
  'admin_password',
  'database_user_password',
];

/** Where the secrets of an action are, such as `request.users[].password`. */
export interface Survey {
  readonly request: readonly string[];
  /** In the response and in declared errors. */
  readonly reply: readonly string[];
}

export function surveyOf({ request, response, errors }: Action): Survey {
  return {
    request: secretPaths(request, 'request'),
    reply: [
      ...secretPaths(response, 'response'),
      ...Object.entries(errors).flatMap(([name, schema]) => secretPaths(schema, `errors.${name}`)),
    ],
  };
}

export function hasSecrets(action: Action): boolean {
  const { request, reply } = surveyOf(action);
  return request.length + reply.length > 0;
}

/** Where an action has one of these names without saying that it is a secret. */
export function undeclaredSecrets({ request, response, errors }: Action, names: readonly string[]): string[] {
  const found = new Set<string>();
  const schemas = { request, response, ...prefixed(errors) };
  for (const [path, schema] of Object.entries(schemas)) {
    walkSchema(schema, path, (each, at, name) => {
      if (name !== undefined && names.includes(name) && !isCovered(each)) found.add(at);
      return !isSecretField(each);
    });
  }
  return [...found];
}

function prefixed(errors: Action['errors']): Record<string, Schema> {
  return Object.fromEntries(Object.entries(errors).map(([name, schema]) => [`errors.${name}`, schema]));
}

/** Whether all that it takes is a secret, or nothing; each of several, too. */
function isCovered(schema: Schema, depth = 0): boolean {
  if (isSecretField(schema)) return true;
  if (depth > 20) return false;
  const { type, innerType, in: before, options, element, valueType } = defOf(schema);
  if (['null', 'undefined', 'never'].includes(type)) return true;
  const within = innerType ?? before ?? behindLazy(schema) ?? element ?? valueType;
  if (within) return isCovered(within, depth + 1);
  return options !== undefined && options.length > 0 && options.every((option) => isCovered(option, depth + 1));
}
