import { resolve } from '../mock/json-schema.js';
import type { JsonSchema } from './json-schema.js';

/** A copy of `value` in which `replace` has taken the place of what its schema calls secret. */
export function replaceSecrets(root: JsonSchema, value: unknown, replace: (secret: unknown) => unknown): unknown {
  function visit(schema: JsonSchema, at: unknown): unknown {
    if (schema['x-secret'] === true) return replace(at);
    const { $ref, allOf = [], anyOf = [], oneOf = [] } = schema;
    const branch = [...anyOf, ...oneOf].find((one) => fits(root, one, at));
    const parts = [...($ref === undefined ? [] : [resolve(root, $ref)]), ...allOf, ...(branch ? [branch] : [])];
    return parts.reduce((so, part) => visit(part, so), within(schema, at));
  }

  function within({ properties = {}, additionalProperties, prefixItems = [], items }: JsonSchema, at: unknown) {
    const one = (schema: JsonSchema | boolean | undefined, inner: unknown) =>
      typeof schema === 'object' ? visit(schema, inner) : inner;
    if (Array.isArray(at)) return at.map((item: unknown, index) => one(prefixItems[index] ?? items, item));
    if (typeof at !== 'object' || at === null) return at;
    const entries = Object.entries(at).map(([name, inner]: [string, unknown]) => [
      name,
      one(Object.hasOwn(properties, name) ? properties[name] : additionalProperties, inner),
    ]);
    return Object.fromEntries(entries) as unknown;
  }

  return visit(root, value);
}

/** Whether a branch of a union may be the one that is meant. */
function fits(root: JsonSchema, schema: JsonSchema, value: unknown): boolean {
  const { $ref, type, properties = {}, required = [] } = schema;
  if ($ref !== undefined) return fits(root, resolve(root, $ref), value);
  if (schema.const !== undefined && schema.const !== value) return false;
  if (type !== undefined && ![type].flat().some((name) => isOf(name, value))) return false;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return true;
  if (!required.every((name) => Object.hasOwn(value, name))) return false;
  const fields = new Map(Object.entries(value));
  return Object.entries(properties).every(([name, field]) => !fields.has(name) || fits(root, field, fields.get(name)));
}

function isOf(type: string, value: unknown): boolean {
  if (value === null) return type === 'null';
  if (Array.isArray(value)) return type === 'array';
  return typeof value === (type === 'integer' ? 'number' : type);
}
