import { z } from 'zod';
import type { JsonSchema } from '../mock/json-schema.js';
import { holdsSecrets } from '../secrets/schema-parts.js';

export type { JsonSchema };

type Side = 'input' | 'output';

/** Types of zod that accept something else than their JSON Schema says, or have none. */
const unsaidTypes: ReadonlySet<string> = new Set([
  ...['bigint', 'custom', 'date', 'file', 'function', 'map', 'nan', 'promise', 'set', 'symbol', 'undefined', 'void'],
  ...['catch', 'pipe', 'success', 'transform'],
]);
/** Formats whose check does more than their pattern, if there is one. */
const unsaidFormats: ReadonlySet<string> = new Set([
  ...['url', 'httpUrl', 'ipv6', 'cidrv6', 'base64', 'base64url', 'jwt', 'json_string'],
]);
/** Names that zod gives to patterns, and JSON Schema does not know. */
const unknownFormats: ReadonlySet<unknown> = new Set([
  'starts_with',
  'ends_with',
  'includes',
  'lowercase',
  'uppercase',
]);
/** Checks that JSON Schema has no word for; `overwrite` changes the value before the checks that follow. */
const unsaidChecks: ReadonlySet<string> = new Set(['custom', 'overwrite', 'property']);

/**
 * The JSON Schema (2020-12, without `$schema`) of what may be sent (`input`) or what comes back (`output`). Where the
 * worker's own check says more than JSON Schema can, it carries `x-refined: true`. A reply may have keys that the schema
 * does not name, from a newer worker, unless the schema is strict.
 */
export function jsonSchemaOf(schema: z.ZodType, side: Side): JsonSchema {
  const { $schema: _, ...written } = z.toJSONSchema(schema, {
    io: side,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const { def } = zodSchema._zod;
      if (def.type === 'object' && !('catchall' in def && def.catchall)) delete jsonSchema.additionalProperties;
      if (unknownFormats.has(jsonSchema.format)) delete jsonSchema.format;
      // Not even a default says what a secret is.
      if (jsonSchema['x-secret'] || holdsSecrets(zodSchema)) delete jsonSchema.default;
      if (isRefined(def)) jsonSchema['x-refined'] = true;
    },
  });
  // Plain data, whatever `.meta()` was given.
  return JSON.parse(JSON.stringify(written)) as JsonSchema;
}

interface Definition {
  readonly type: string;
  readonly format?: string;
  readonly coerce?: boolean;
  readonly pattern?: RegExp;
  readonly checks?: readonly { readonly _zod: { readonly def: object } }[];
}

function isRefined(definition: object): boolean {
  const { type, coerce, checks = [] } = definition as Definition;
  if (unsaidTypes.has(type) || coerce === true) return true;
  return [definition, ...checks.map((check) => check._zod.def)].some(isUnsaid);
}

function isUnsaid(definition: object): boolean {
  const { check, format, pattern } = definition as Partial<Definition> & { readonly check?: string };
  if (check !== undefined && unsaidChecks.has(check)) return true;
  // The source of a pattern is kept, its flags are not; "u" is how JSON Schema reads it.
  if (pattern instanceof RegExp && /[imsy]/.test(pattern.flags)) return true;
  return format !== undefined && unsaidFormats.has(format);
}
