import { asSchema, resolve, type JsonSchema } from '../mock/json-schema.js';

/** One place in the values of a schema. */
export interface Field {
  /** Such as `user.emails[].address`; `*` stands for any key, `[0]` for a place of a tuple. Empty: the value itself. */
  readonly path: string;
  readonly schema: JsonSchema;
  /** Whether it is there whenever what it belongs to is there; 'element': there are any number. */
  readonly presence: 'required' | 'optional' | 'element';
  /** Of a union with several kinds of objects: of which kind it is, such as `kind is "person"`. */
  readonly variant?: string;
}

type Place = Omit<Field, 'schema'>;

/**
 * All places of a schema, what holds others before what it holds. Those of a union's branches stand under one path
 * each. What repeats itself is listed once.
 */
export function fieldsOf(root: JsonSchema): Field[] {
  const fields: Field[] = [];

  function visit(schema: JsonSchema, place: Place, within: readonly JsonSchema[]): void {
    fields.push({ ...place, schema });
    descend(schema, place, [...within, schema]);
  }

  function descend(schema: JsonSchema, place: Place, within: readonly JsonSchema[]): void {
    const { $ref, allOf = [], anyOf = [], oneOf = [], properties = {}, required = [] } = schema;
    const referred = $ref === undefined ? [] : [resolve(root, $ref)];
    for (const part of [...referred, ...allOf]) into(part, place, within);
    for (const union of [anyOf, oneOf]) {
      const isMixed = union.filter((branch) => branch.properties).length > 1;
      for (const [index, branch] of union.entries()) {
        const variant = isMixed ? variantOf(branch, index) : place.variant;
        into(branch, { ...place, ...(variant !== undefined && { variant }) }, within);
      }
    }
    const below = (suffix: string, presence: Field['presence']): Place => ({
      ...place,
      path: place.path === '' ? suffix.replace(/^\./, '') : `${place.path}${suffix}`,
      presence,
    });
    for (const [name, field] of Object.entries(properties)) {
      visit(field, below(`.${name}`, required.includes(name) ? 'required' : 'optional'), within);
    }
    const { additionalProperties, patternProperties = {}, prefixItems = [], items } = schema;
    for (const value of Object.values(patternProperties)) visit(value, below('.*', 'element'), within);
    if (typeof additionalProperties === 'object') visit(additionalProperties, below('.*', 'element'), within);
    for (const [index, item] of prefixItems.entries()) visit(item, below(`[${index}]`, 'required'), within);
    if (items !== undefined && items !== false) visit(asSchema(items), below('[]', 'element'), within);
  }

  /** Another schema of the same place. */
  function into(part: JsonSchema, place: Place, within: readonly JsonSchema[]): void {
    if (within.includes(part)) return;
    if (part['x-secret']) fields.push({ ...place, schema: part });
    descend(part, place, [...within, part]);
  }

  visit(root, { path: '', presence: 'required' }, []);
  return fields;
}

function variantOf({ properties = {} }: JsonSchema, index: number): string {
  const marks = Object.entries(properties).flatMap(([name, field]) =>
    field.const === undefined ? [] : [`${name} is ${JSON.stringify(field.const)}`],
  );
  return marks.length === 0 ? `variant ${index + 1}` : marks.join(', ');
}

/** The places that are secret, each once, sorted. */
export function secretPathsOf(schema: JsonSchema): string[] {
  const paths = fieldsOf(schema).flatMap((field) => (field.schema['x-secret'] === true ? [field.path] : []));
  return [...new Set(paths)].sort();
}
