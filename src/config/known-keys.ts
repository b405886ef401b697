import { configurationJsonSchema, type JsonSchema } from './json-schema.js';
import type { Path } from './places.js';
import { ignoredKeys } from './schema.js';

/** The keys that may stand in the mapping at `path`, without those that are accepted only for existing files. */
export function knownKeys(path: Path): readonly string[] {
  let schemas: readonly JsonSchema[] = [configurationJsonSchema()];
  for (const part of path) {
    schemas = schemas.flatMap(alternatives).flatMap(({ properties, additionalProperties, items }) => {
      if (typeof part === 'number') return items ?? [];
      return properties?.[String(part)] ?? (typeof additionalProperties === 'object' ? additionalProperties : []);
    });
  }
  const keys = schemas.flatMap(alternatives).flatMap(({ properties }) => Object.keys(properties ?? {}));
  return keys.filter((key) => path.length > 0 || !Object.hasOwn(ignoredKeys, key));
}

/** The mappings, in words, in which `key` may stand. */
export function placesOfKey(key: string): readonly string[] {
  const mappings: readonly (readonly [string, Path])[] = [
    ['the top of the file', []],
    ['server', ['server']],
    ['a virtual host', ['virtual_hosts', '']],
    ['sqs', ['sqs']],
    ['an action of sqs', ['sqs', 'actions', '']],
    ['an exchange', ['virtual_hosts', '', 'exchanges', '']],
    ['server.tls', ['server', 'tls']],
    ['redis', ['redis']],
    ['idempotency', ['idempotency']],
  ];
  return mappings.filter(([, path]) => knownKeys(path).includes(key)).map(([name]) => name);
}

function alternatives(schema: JsonSchema): readonly JsonSchema[] {
  return schema.anyOf ? schema.anyOf.flatMap(alternatives) : [schema];
}
