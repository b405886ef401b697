import { resolve, type JsonSchema } from '../../mock/json-schema.js';
import { html, type Content } from './html.js';

/** What kind of value a schema wants, in words; a union names each of its kinds once. */
export function typeOf(schema: JsonSchema, root: JsonSchema, within: readonly JsonSchema[] = []): string {
  if (within.includes(schema)) return 'the same again';
  const inner = (one: JsonSchema) => typeOf(one, root, [...within, schema]);
  const { type, $ref, allOf = [], anyOf = [], oneOf = [] } = schema;
  if (type !== undefined) return [type].flat().join(' | ');
  if ($ref !== undefined) return inner(resolve(root, $ref));
  const union = [...anyOf, ...oneOf];
  if (union.length > 0) return [...new Set(union.flatMap((one) => inner(one).split(' | ')))].join(' | ');
  if (allOf.length > 0) return [...new Set(allOf.map(inner))].join(' and ');
  const values = schema.enum ?? (schema.const === undefined ? [] : [schema.const]);
  const kinds = new Set(values.map((value) => (value === null ? 'null' : typeof value)));
  return kinds.size === 0 ? 'any' : [...kinds].join(' | ');
}

/** What else a schema says about its values, a phrase each. */
export function constraintsOf(schema: JsonSchema, root: JsonSchema): Content[] {
  const { enum: values, pattern, format, multipleOf, uniqueItems, additionalProperties, $ref } = schema;
  const branches = [...(schema.allOf ?? []), ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  const scalars = branches.filter((branch) => branch.$ref === undefined && !branch.properties && !branch.items);
  const referred = $ref === undefined ? undefined : resolve(root, $ref);
  const phrases: Content[] = [
    schema['x-secret'] === true && 'secret: a Fernet token on the wire',
    schema.const !== undefined && html`always ${code(schema.const)}`,
    values && html`one of ${values.map((value, index) => [index > 0 && ', ', code(value)])}`,
    range(schema.minLength, schema.maxLength, 'character'),
    bounds(schema),
    multipleOf !== undefined && `a multiple of ${multipleOf}`,
    range(schema.minItems, schema.maxItems, 'item'),
    uniqueItems === true && 'no item twice',
    format !== undefined && html`format <code>${format}</code>`,
    // What a format means is known; its pattern is in the schema.
    pattern !== undefined && format === undefined && html`matches <code class="pattern">${pattern}</code>`,
    additionalProperties === false && 'no other keys',
    ...scalars.flatMap((branch) => constraintsOf(branch, root)),
    referred && !referred.properties && !branchesOf(referred) && constraintsOf(referred, root),
    schema['x-refined'] === true && 'checked further by the worker',
  ];
  return phrases.flat().filter((phrase) => phrase !== undefined && phrase !== false);
}

function branchesOf({ anyOf, oneOf, allOf, $ref }: JsonSchema): boolean {
  return (anyOf ?? oneOf ?? allOf ?? $ref) !== undefined;
}

function code(value: unknown): Content {
  return html`<code>${JSON.stringify(value)}</code>`;
}

function range(least: number | undefined, most: number | undefined, unit: string): string | undefined {
  const units = (count: number) => `${count} ${unit}${count === 1 ? '' : 's'}`;
  if (least !== undefined && least === most) return `exactly ${units(least)}`;
  if (least !== undefined && most !== undefined) return `${least} to ${units(most)}`;
  if (least !== undefined) return least === 0 ? undefined : `at least ${units(least)}`;
  return most === undefined ? undefined : `at most ${units(most)}`;
}

/** The bounds that zod gives to every integer are those of the number type itself: not worth a word. */
function bounds({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): string | undefined {
  const least = minimum === Number.MIN_SAFE_INTEGER ? undefined : minimum;
  const most = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  if (least !== undefined && most !== undefined) return `${least} to ${most}`;
  const parts = [
    least !== undefined && `at least ${least}`,
    exclusiveMinimum !== undefined && `more than ${exclusiveMinimum}`,
    most !== undefined && `at most ${most}`,
    exclusiveMaximum !== undefined && `less than ${exclusiveMaximum}`,
  ].filter((part) => part !== false);
  return parts.length === 0 ? undefined : parts.join(', ');
}
