import { asSchema, resolve, type JsonSchema } from './json-schema.js';

/**
 * How many objects and arrays the smallest value of a schema nests, so that a recursive one can be brought to an end.
 * Infinity: it has no value.
 */
export function createDepths(root: JsonSchema): (schema: JsonSchema) => number {
  const known = new Map<JsonSchema, number>();

  function depthOf(schema: JsonSchema): number {
    if (schema.not !== undefined) return Infinity;
    const { $ref, allOf = [], anyOf, oneOf } = schema;
    const parts = [
      ...allOf.map(depthOf),
      ...[anyOf, oneOf].map((branches) => (branches ? Math.min(...branches.map(depthOf)) : 0)),
      $ref === undefined ? 0 : (known.get(resolve(root, $ref)) ?? Infinity),
      ownDepth(schema),
    ];
    return Math.max(...parts);
  }

  function ownDepth(schema: JsonSchema): number {
    if (schema.const !== undefined || schema.enum !== undefined) return 0;
    const { properties = {}, required = [], prefixItems = [], items, minItems = 0 } = schema;
    const needed = [
      ...required.map((name) => (Object.hasOwn(properties, name) ? depthOf(asSchema(properties[name])) : 0)),
      ...prefixItems.slice(0, minItems).map(depthOf),
      ...(minItems > prefixItems.length ? [depthOf(asSchema(items))] : []),
    ];
    return needed.length === 0 ? 0 : 1 + Math.max(...needed);
  }

  // What refers to itself is as deep as its shallowest way out: each round sees one reference further.
  const referred = [root, ...Object.values(root.$defs ?? {})];
  for (let round = 0; round <= referred.length; round++) {
    for (const schema of referred) known.set(schema, depthOf(schema));
  }
  return depthOf;
}
