import type { JsonSchema } from './json-schema.js';

/** A token of the Fernet spec's own test vectors, for examples: whoever wants to may decrypt it. */
export const exampleToken =
  'gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==';

/** Version 0x80 and a time before the year 2242, in base64url; the padding may be left out. */
const tokenPattern = '^gAAAA[A-Za-z0-9_-]+={0,2}$';

/**
 * The schema of what really travels: a secret is a Fernet token, and `x-secret-schema` says what it holds. All else is
 * left as it is.
 */
export function wireSchema(schema: JsonSchema): JsonSchema {
  return rewritten(schema, (inner) => {
    if (inner['x-secret'] !== true) return undefined;
    const { 'x-secret': _, title, description, examples: _examples, default: _default, ...value } = inner;
    return {
      ...(title !== undefined && { title }),
      ...(description !== undefined && { description }),
      type: 'string',
      pattern: tokenPattern,
      'x-secret': true,
      'x-secret-schema': value,
    };
  });
}

/** A copy in which `rewrite` has taken the place of each schema for which it gave something. */
export function rewritten(schema: JsonSchema, rewrite: (schema: JsonSchema) => JsonSchema | undefined): JsonSchema {
  const found = rewrite(schema);
  if (found) return found;
  const copy = new Map<string, unknown>();
  for (const [keyword, value] of Object.entries(schema)) copy.set(keyword, rewrittenIn(keyword, value, rewrite));
  return Object.fromEntries(copy);
}

const schemaMaps: ReadonlySet<string> = new Set(['properties', 'patternProperties', '$defs']);
const schemaKeywords: ReadonlySet<string> = new Set([
  ...['allOf', 'anyOf', 'oneOf', 'not', 'items', 'prefixItems', 'additionalProperties', 'propertyNames'],
  'x-secret-schema',
]);

function rewrittenIn(
  keyword: string,
  value: unknown,
  rewrite: (schema: JsonSchema) => JsonSchema | undefined,
): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const one = (inner: unknown) => (typeof inner === 'object' && inner !== null ? rewritten(inner, rewrite) : inner);
  if (schemaMaps.has(keyword)) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, one(inner)]));
  }
  if (!schemaKeywords.has(keyword)) return value;
  return Array.isArray(value) ? value.map(one) : one(value);
}
