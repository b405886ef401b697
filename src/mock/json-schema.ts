/** As much of JSON Schema as zod writes. */
export interface JsonSchema {
  readonly title?: string;
  readonly description?: string;
  /** Encrypted on the wire. */
  readonly 'x-secret'?: boolean;
  /** Of a token: what it holds. */
  readonly 'x-secret-schema'?: JsonSchema;
  /** Checked for more than is said here. */
  readonly 'x-refined'?: boolean;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly allOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly not?: unknown;
  readonly type?: string | readonly string[];
  readonly examples?: readonly unknown[];
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly format?: string;
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly propertyNames?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  /** By patterns of keys: what other keys hold is not said. */
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>;
  readonly prefixItems?: readonly JsonSchema[];
  readonly items?: JsonSchema | boolean;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
}

/** A schema of one kind of value: references followed, one branch of each union chosen, intersections put together. */
export interface PlainSchema extends Omit<
  JsonSchema,
  '$ref' | '$defs' | 'allOf' | 'anyOf' | 'oneOf' | 'pattern' | 'multipleOf'
> {
  /** All must match. */
  readonly patterns: readonly string[];
  /** A number is a multiple of each. */
  readonly steps: readonly number[];
}

/** The schema that `reference` (`#` or `#/$defs/name`) means within `root`. */
export function resolve(root: JsonSchema, reference: string): JsonSchema {
  if (reference === '#') return root;
  const name = reference.replace('#/$defs/', '').replaceAll('~1', '/').replaceAll('~0', '~');
  const found = root.$defs && Object.hasOwn(root.$defs, name) ? root.$defs[name] : undefined;
  if (!found) throw new TypeError(`expected ${reference} to be among the definitions of its schema`);
  return found;
}

export function asSchema(schema: JsonSchema | boolean | undefined): JsonSchema {
  if (schema === false) return { not: {} };
  return schema === true || schema === undefined ? {} : schema;
}
