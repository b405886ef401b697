import { createDepths } from './depth.js';
import type { Dice } from './dice.js';
import { asSchema, type JsonSchema, type PlainSchema } from './json-schema.js';
import { drawNumber } from './numbers.js';
import { settle } from './settle.js';
import { drawString } from './strings.js';

/** From this depth on values are as small as they may be, so that recursive schemas end. */
const depthOfFew = 4;
/** A value that goes on for so long has no end. */
const depthOfNone = 64;
const scalars = ['string', 'integer', 'number', 'boolean', 'null'];

/**
 * Draws values of a JSON schema. `isGuided`: its examples and defaults are taken where it has some. What JSON Schema does
 * not say, such as a refinement, is not met: check what was drawn.
 * @throws Error naming the place for which nothing can be drawn.
 */
export function createGenerator(root: JsonSchema): (dice: Dice, isGuided: boolean) => unknown {
  const depthOf = createDepths(root);

  return function generate(dice, isGuided) {
    function choose(branches: readonly JsonSchema[], depth: number): JsonSchema {
      const depths = branches.map(depthOf);
      const most = depth >= depthOfFew ? Math.min(...depths, Number.MAX_VALUE) : Number.MAX_VALUE;
      const possible = branches.filter((_, index) => (depths[index] ?? 0) <= most);
      return possible.length > 0 ? dice.pick(possible) : { not: {} };
    }

    function value(schema: JsonSchema, path: readonly (string | number)[]): unknown {
      const depth = path.length;
      if (depth > depthOfNone) throw new Error(`${path.slice(0, 3).join('.')}… never ends`);
      const plain = settle(schema, root, (branches) => choose(branches, depth));
      if (isGuided && plain.examples?.length) return dice.pick(plain.examples);
      if (plain.const !== undefined) return plain.const;
      if (isGuided && plain.default !== undefined) return plain.default;
      const drawn = plain.enum ? pickFrom(plain.enum) : ofType(plain, path);
      if (drawn !== undefined) return drawn;
      throw new Error(`nothing found for ${['the response', ...path].join('.')}`);
    }

    function pickFrom(values: readonly unknown[]): unknown {
      return values.length === 0 ? undefined : dice.pick(values);
    }

    function ofType(plain: PlainSchema, path: readonly (string | number)[]): unknown {
      if (plain.not !== undefined) return undefined;
      switch (pickFrom(typesOf(plain))) {
        case 'object':
          return object(plain, path);
        case 'array':
          return array(plain, path);
        case 'string':
          return drawString(plain, dice);
        case 'integer':
          return drawNumber(plain, true, dice);
        case 'number':
          return drawNumber(plain, false, dice);
        case 'boolean':
          return dice.isHeads();
        case 'null':
          return null;
        default:
          return undefined;
      }
    }

    function object(plain: PlainSchema, path: readonly (string | number)[]): object {
      const { properties = {}, required = [], propertyNames, additionalProperties } = plain;
      const mayGrow = path.length < depthOfFew;
      const fields = new Map<string, unknown>();
      for (const [name, schema] of Object.entries(properties)) {
        const isWanted = required.includes(name) || (mayGrow && depthOf(schema) < Infinity && dice.isHeads());
        if (isWanted) fields.set(name, value(schema, [...path, name]));
      }
      const keys = new Set(required.filter((name) => !fields.has(name)));
      if (propertyNames && mayGrow && depthOf(asSchema(additionalProperties)) < Infinity) {
        for (let more = dice.between(1, 3); more > 0; more--) keys.add(String(value(propertyNames, [...path, 'key'])));
      }
      for (const key of keys) fields.set(key, value(asSchema(additionalProperties), [...path, key]));
      return Object.fromEntries(fields);
    }

    function array(plain: PlainSchema, path: readonly (string | number)[]): unknown[] | undefined {
      const { prefixItems = [], items, minItems = 0, maxItems = Infinity, uniqueItems = false } = plain;
      const few = path.length < depthOfFew ? Math.max(prefixItems.length, minItems + 2) : minItems;
      const wanted = dice.between(minItems, Math.max(minItems, Math.min(maxItems, few)));
      const found = new Map<unknown, unknown>();
      for (let tries = 0; found.size < wanted && tries < wanted + 50; tries++) {
        const schema = prefixItems[found.size] ?? asSchema(items);
        if (depthOf(schema) === Infinity) break;
        const item = value(schema, [...path, found.size]);
        found.set(uniqueItems ? JSON.stringify(item) : found.size, item);
      }
      return found.size < minItems ? undefined : [...found.values()];
    }

    return value(root, []);
  };
}

/** What a schema without a type allows is told by its other keywords; if they say nothing, anything is right. */
function typesOf({ type, properties, prefixItems, items }: PlainSchema): readonly string[] {
  if (typeof type === 'string') return [type];
  if (type) return type;
  if (properties) return ['object'];
  return (prefixItems ?? items) ? ['array'] : scalars;
}
