import { asSchema, resolve, type JsonSchema } from '../mock/json-schema.js';

/** One place in the values of a schema. */
export interface Field {
  /** Such as `user.emails[].address`; `*` stands for any key, `[0]` for a place of a tuple. Empty: the value itself. */
  readonly path: string;
  readonly schema: JsonSchema;
  /** Whether it is there whenever what it belongs to is there. */
  readonly isRequired: boolean;
}

/**
 * All places of a schema, what holds others before what it holds. Those of a union's branches stand under one path
 * each. What repeats itself is listed once.
 */
export function fieldsOf(root: JsonSchema): Field[] {
  const fields: Field[] = [];

  function visit(schema: JsonSchema, path: string, isRequired: boolean, within: readonly JsonSchema[]): void {
    if (within.includes(schema)) return;
    fields.push({ path, schema, isRequired });
    descend(schema, path, [...within, schema]);
  }

  function descend(schema: JsonSchema, path: string, within: readonly JsonSchema[]): void {
    const { $ref, allOf = [], anyOf = [], oneOf = [], properties = {}, required = [] } = schema;
    for (const part of [...($ref === undefined ? [] : [resolve(root, $ref)]), ...allOf, ...anyOf, ...oneOf]) {
      if (!within.includes(part)) descendInto(part, path, within);
    }
    for (const [name, field] of Object.entries(properties)) {
      visit(field, path === '' ? name : `${path}.${name}`, required.includes(name), within);
    }
    const { additionalProperties, prefixItems = [], items } = schema;
    if (typeof additionalProperties === 'object') {
      visit(additionalProperties, path === '' ? '*' : `${path}.*`, false, within);
    }
    for (const [index, item] of prefixItems.entries()) visit(item, `${path}[${index}]`, true, within);
    if (items !== undefined && items !== false) visit(asSchema(items), `${path}[]`, false, within);
  }

  function descendInto(part: JsonSchema, path: string, within: readonly JsonSchema[]): void {
    if (part['x-secret']) fields.push({ path, schema: part, isRequired: false });
    descend(part, path, [...within, part]);
  }

  visit(root, '', true, []);
  return fields;
}

/** The places that are secret, each once, sorted. */
export function secretPathsOf(schema: JsonSchema): string[] {
  const paths = fieldsOf(schema).flatMap((field) => (field.schema['x-secret'] === true ? [field.path] : []));
  return [...new Set(paths)].sort();
}
