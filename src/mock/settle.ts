import { asSchema, resolve, type JsonSchema, type PlainSchema } from './json-schema.js';

/** Makes a schema plain; `choose` takes one branch of each union. */
export function settle(
  schema: JsonSchema,
  root: JsonSchema,
  choose: (branches: readonly JsonSchema[]) => JsonSchema,
): PlainSchema {
  const { $ref, $defs: _, allOf = [], anyOf, oneOf, pattern, multipleOf, ...own } = schema;
  const plain: PlainSchema = {
    ...own,
    patterns: pattern === undefined ? [] : [pattern],
    steps: multipleOf === undefined ? [] : [multipleOf],
  };
  const others = [
    ...allOf,
    ...($ref === undefined ? [] : [resolve(root, $ref)]),
    ...(anyOf ? [choose(anyOf)] : []),
    ...(oneOf ? [choose(oneOf)] : []),
  ];
  return others.reduce<PlainSchema>((sum, other) => both(sum, settle(other, root, choose)), plain);
}

const atLeast = (a: unknown, b: unknown) => Math.max(Number(a), Number(b));
const atMost = (a: unknown, b: unknown) => Math.min(Number(a), Number(b));
const union = (a: unknown, b: unknown) => [...new Set([...(a as unknown[]), ...(b as unknown[])])];
const allOf = (a: unknown, b: unknown) => ({ allOf: [asSchema(a as JsonSchema), asSchema(b as JsonSchema)] });

type Join = (a: unknown, b: unknown) => unknown;
const named = (join: Join, ...keywords: (keyof PlainSchema)[]) => keywords.map((keyword) => [keyword, join] as const);

/** How two values of one keyword become one; of the others (examples, `const`, names) the first stays. */
const joins: ReadonlyMap<string, Join> = new Map([
  ...named(atLeast, 'minimum', 'exclusiveMinimum', 'minLength', 'minItems'),
  ...named(atMost, 'maximum', 'exclusiveMaximum', 'maxLength', 'maxItems'),
  ...named(union, 'required', 'patterns', 'steps'),
  ...named(allOf, 'items', 'additionalProperties', 'propertyNames'),
  ...named((a, b) => merged(a as object, b as object, allOf), 'properties'),
  ...named((a, b) => typesOf(a).filter((type) => typesOf(b).includes(type)), 'type'),
  ...named((a, b) => (a as unknown[]).filter((value) => includes(b as unknown[], value)), 'enum'),
]);

function both(a: PlainSchema, b: PlainSchema): PlainSchema {
  return merged(a, b, (one, other, key) => {
    const join = joins.get(key);
    return join ? join(one, other) : one;
  }) as unknown as PlainSchema;
}

function merged(a: object, b: object, join: (one: unknown, other: unknown, key: string) => unknown): object {
  const sum = new Map<string, unknown>(Object.entries(a));
  for (const [key, value] of Object.entries(b)) sum.set(key, sum.has(key) ? join(sum.get(key), value, key) : value);
  return Object.fromEntries(sum);
}

/** An integer is a number, too. */
function typesOf(type: unknown): readonly unknown[] {
  const types: readonly unknown[] = Array.isArray(type) ? type : [type];
  return types.includes('number') ? [...types, 'integer'] : types;
}

function includes(values: readonly unknown[], value: unknown): boolean {
  return values.some((other) => JSON.stringify(other) === JSON.stringify(value));
}
