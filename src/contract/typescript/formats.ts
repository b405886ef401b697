import { z } from 'zod';
import { jsonSchemaOf, type JsonSchema } from '../json-schema.js';

const known: readonly (readonly [string, z.ZodType])[] = [
  ['z.email', z.email()],
  ['z.uuid', z.uuid()],
  ['z.uuidv4', z.uuidv4()],
  ['z.guid', z.guid()],
  ['z.url', z.url()],
  ['z.iso.datetime', z.iso.datetime()],
  ['z.iso.date', z.iso.date()],
  ['z.iso.time', z.iso.time()],
  ['z.iso.duration', z.iso.duration()],
  ['z.hostname', z.hostname()],
  ['z.ipv4', z.ipv4()],
  ['z.ipv6', z.ipv6()],
  ['z.cidrv4', z.cidrv4()],
  ['z.cidrv6', z.cidrv6()],
  ['z.base64', z.base64()],
  ['z.base64url', z.base64url()],
  ['z.jwt', z.jwt()],
  ['z.hex', z.hex()],
  ['z.e164', z.e164()],
];

/** What zod calls a string of a known form; undefined for one that is told by its pattern alone. */
export function createFormatNames(): (schema: JsonSchema) => string | undefined {
  const names = new Map(known.map(([name, schema]) => [markOf(jsonSchemaOf(schema, 'input')), name]));
  return (schema) => names.get(markOf(schema));
}

function markOf({ format, pattern }: JsonSchema): string {
  return JSON.stringify([format, pattern]);
}
