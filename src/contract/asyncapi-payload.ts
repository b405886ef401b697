import type { JsonSchema } from './json-schema.js';
import { rewritten, wireSchema } from './wire-schema.js';

/**
 * What travels, in the dialect of AsyncAPI, which is that of draft-07 and more: a tuple is an `items` list, `$defs` are
 * `definitions`. `place` is the reference of the schema itself, since references start at the document there.
 */
export function payloadOf(schema: JsonSchema, place: string): JsonSchema {
  return adapted(wireSchema(schema));

  function adapted(inner: JsonSchema): JsonSchema {
    return rewritten(inner, (one) => {
      const { $ref, $defs, prefixItems, items, description, ...others } = one;
      if ($ref === undefined && !$defs && !prefixItems && description === undefined) return undefined;
      return {
        ...(description !== undefined && { description: markdown(description) }),
        ...adapted(others),
        ...($ref !== undefined && { $ref: $ref.replace('#/$defs/', '#/definitions/').replace('#', () => place) }),
        ...itemsOf(prefixItems, items),
        ...($defs && { definitions: mapped($defs) }),
      };
    });
  }

  function itemsOf(tuple: JsonSchema['prefixItems'], items: JsonSchema['items']): object {
    const rest = typeof items === 'object' ? adapted(items) : items;
    if (!tuple) return rest === undefined ? {} : { items: rest };
    return { items: tuple.map(adapted), ...(rest !== undefined && { additionalItems: rest }) };
  }

  function mapped(definitions: Readonly<Record<string, JsonSchema>>): Record<string, JsonSchema> {
    return Object.fromEntries(Object.entries(definitions).map(([name, one]) => [name, adapted(one)]));
  }
}

/** Descriptions are Markdown there, and HTML in it would be HTML. */
export function markdown(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
