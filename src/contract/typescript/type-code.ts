import { asSchema, type JsonSchema } from '../../mock/json-schema.js';
import { keyOf, quoted } from './literals.js';
import { comment } from './print.js';
import { docOf } from './zod-code.js';

export interface TypeOptions {
  /** As it is given, or as it is read: with its defaults, and with secrets as `Secret`. */
  readonly side: 'input' | 'output';
  nameOf(reference: string): string;
}

/** The TypeScript type of the values of a schema: for what refers to itself, since that cannot be inferred. */
export function typeCode(schema: JsonSchema, options: TypeOptions, indent = ''): string {
  const { 'x-secret': isSecret, ...value } = schema;
  if (isSecret !== true) return bareType(value, options, indent);
  const inner = bareType(value, options, indent);
  return options.side === 'output' ? `Secret<${inner}>` : `${inner} | Secret<${inner}>`;
}

function bareType(schema: JsonSchema, options: TypeOptions, indent: string): string {
  const { $ref, allOf = [], anyOf, oneOf, type } = schema;
  const values = schema.enum ?? (schema.const === undefined ? undefined : [schema.const]);
  if (values) return values.map((value) => (typeof value === 'string' ? quoted(value) : String(value))).join(' | ');
  if (schema.not !== undefined) return 'never';
  const types = type === undefined ? [] : [type].flat();
  const parts = [
    ...($ref === undefined ? [] : [options.nameOf($ref)]),
    ...(types.length > 0 ? [unionOf(types.map((one) => ofType(one, schema, options, indent)))] : []),
    ...allOf.filter((part) => Object.keys(part).join() !== 'pattern').map((part) => typeCode(part, options, indent)),
    ...[anyOf, oneOf].flatMap((union) => (union ? [unionOf(union.map((one) => typeCode(one, options, indent)))] : [])),
  ];
  return parts.length === 0 ? 'unknown' : parts.map((part) => (parts.length > 1 ? grouped(part) : part)).join(' & ');
}

function ofType(type: string, schema: JsonSchema, options: TypeOptions, indent: string): string {
  if (type === 'object') return objectType(schema, options, indent);
  if (type === 'array') return arrayType(schema, options, indent);
  return type === 'integer' ? 'number' : type;
}

function arrayType({ prefixItems, items, minItems }: JsonSchema, options: TypeOptions, indent: string): string {
  const rest = items === undefined || items === false ? undefined : typeCode(asSchema(items), options, indent);
  if (!prefixItems) return `${grouped(rest ?? 'unknown')}[]`;
  const places = prefixItems.map((item, index) => {
    const one = grouped(typeCode(item, options, indent));
    return index < (minItems ?? prefixItems.length) ? one : `${one}?`;
  });
  return `[${[...places, ...(rest === undefined ? [] : [`...${grouped(rest)}[]`])].join(', ')}]`;
}

function objectType(schema: JsonSchema, options: TypeOptions, indent: string): string {
  const { properties = {}, required = [], patternProperties = {}, additionalProperties } = schema;
  const others = Object.values(patternProperties)[0] ?? additionalProperties;
  const inner = `${indent}  `;
  const fields = Object.entries(properties).map(([name, field]) => {
    const isThere = required.includes(name) && (options.side === 'output' || field.default === undefined);
    const isFilled = options.side === 'output' && field.default !== undefined;
    const one = typeCode(field, options, inner);
    return `${comment(docOf(field), inner)}${inner}${keyOf(name)}${isThere || isFilled ? '' : '?'}: ${isThere || isFilled ? one : `${one} | undefined`};\n`;
  });
  const open =
    others === undefined || others === false
      ? []
      : // A Record may not lead back to the type that it stands in.
        [`{ [key: string]: ${typeCode(asSchema(others), options, indent)} }`];
  if (fields.length === 0) return open[0] ?? 'Record<string, never>';
  return [`{\n${fields.join('')}${indent}}`, ...open].join(' & ');
}

function unionOf(types: readonly string[]): string {
  return [...new Set(types)].join(' | ');
}

function grouped(type: string): string {
  return / [|&] /.test(type) ? `(${type})` : type;
}
