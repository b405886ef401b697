import type { Action } from '../core/action.js';
import {
  behindLazy,
  defOf,
  holdsSecrets,
  isSecretField,
  secretPaths,
  walkSchema,
  type Schema,
} from './schema-parts.js';

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

/** @throws TypeError for a secret that would travel as it is. */
export function surveyOf({ name: action, request, response, errors }: Action): Survey {
  const paths = ([path, schema]: readonly [string, Schema]): string[] => {
    checkReachable(schema, path, action);
    return secretPaths(schema, path);
  };
  return {
    request: paths(['request', request]),
    reply: Object.entries(prefixed({ response, errors })).flatMap(paths),
  };
}

/** A secret can be encrypted only where its caller finds it, and refused only where nothing hides the refusal. */
function checkReachable(root: Schema, path: string, action: string): void {
  walkSchema(root, path, (schema, at) => {
    const { type, in: before, out, innerType } = defOf(schema);
    const isHidden = before && out && holdsSecrets(out) && !holdsSecrets(before);
    if (isHidden || (type === 'catch' && innerType && holdsSecrets(innerType))) {
      const what = isHidden ? 'a preprocess or pipe' : '.catch(…)';
      throw new TypeError(
        `expected no secret behind ${what}, got one at ${at} of ${action}: it could not be encrypted`,
      );
    }
    return true;
  });
}

export function hasSecrets(action: Action): boolean {
  const { request, reply } = surveyOf(action);
  return request.length + reply.length > 0;
}

/** Where an action has one of these names without saying that it is a secret. */
export function undeclaredSecrets({ request, ...reply }: Action, names: readonly string[]): string[] {
  const found = new Set<string>();
  const schemas = { request, ...prefixed(reply) };
  for (const [path, schema] of Object.entries(schemas)) {
    walkSchema(schema, path, (each, at, name) => {
      if (name !== undefined && names.includes(name) && !isCovered(each)) found.add(at);
      return !isSecretField(each);
    });
  }
  return [...found];
}

function prefixed({ response, errors }: Pick<Action, 'response' | 'errors'>): Record<string, Schema> {
  const declared = Object.entries(errors).map(([name, schema]) => [`errors.${name}`, schema] as const);
  return { response, ...Object.fromEntries(declared) };
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
