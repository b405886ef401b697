import { z } from 'zod';
import { fileSchema } from './schema.js';

/** As much of JSON Schema as is used here. */
export interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly description?: string;
}

/** The JSON Schema (2020-12) of the configuration file, for editors. */
export function configurationJsonSchema(): JsonSchema {
  const { $schema, ...schema } = z.toJSONSchema(fileSchema, {
    io: 'output',
    override: ({ jsonSchema }) => widen(jsonSchema),
  });
  const oneOf = [{ required: ['virtual_hosts'] }, { required: ['sqs'] }];
  return { $schema, title: 'Configuration of Samovar', ...schema, oneOf } as JsonSchema;
}

/** A variable may stand for any single value; editors see the file before it is replaced. */
function widen(schema: z.core.JSONSchema.BaseSchema): void {
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  const isScalar = schema.type === 'integer' || schema.type === 'boolean';
  const isPickyText = schema.type === 'string' && (schema.enum !== undefined || schema.pattern !== undefined);
  if (!isScalar && !isPickyText) return;
  const { description, ...rest } = schema;
  for (const key of Object.keys(rest)) Reflect.deleteProperty(schema, key);
  schema.anyOf = [
    rest,
    { type: 'string', pattern: schema.description?.includes('secret') ? '^file:|\\$\\{' : '\\$\\{' },
  ];
  if (description !== undefined) schema.description = description;
}
