import { z } from 'zod';
import { nearMiss } from '../../config/near-miss.js';
import type { Action } from '../../core/action.js';
import { isRecord } from '../../core/reply.js';
import { pathOf } from './explain.js';

type JsonSchema = Readonly<Record<string, unknown>>;
type Location = readonly (string | number)[];
type Body = Readonly<Record<string, unknown>>;

/** What an action's schema says beside yes or no. */
export interface SchemaNotes {
  /** One sentence for each key that the action does not know, and would drop without a word. */
  unknownKeys(body: Body): string[];
  /** With the defaults of the schema, for a consumer that has none of its own. */
  withDefaults(body: Body): Body;
  /** What the action takes, field by field, on one line; undefined where its schema does not say. */
  readonly fields: string | undefined;
}

export function schemaNotes(action: Action): SchemaNotes {
  const schema = jsonSchemaOf(action);
  return {
    unknownKeys(body) {
      const found: string[] = [];
      collect(schema, body, [], found);
      return found;
    },
    withDefaults: (body) => filled(schema, body),
    get fields() {
      return fieldsOf(schema);
    },
  };
}

function jsonSchemaOf(action: Action): JsonSchema {
  try {
    return z.toJSONSchema(action.request, { io: 'input', unrepresentable: 'any' });
  } catch {
    // A schema that cannot be written down still checks the request.
    return {};
  }
}

function propertiesOf(schema: JsonSchema): Readonly<Record<string, JsonSchema>> {
  return isRecord(schema['properties']) ? (schema['properties'] as Record<string, JsonSchema>) : {};
}

function collect(schema: JsonSchema, value: unknown, at: Location, found: string[]): void {
  const { items } = schema as { readonly items?: unknown };
  if (Array.isArray(value) && isRecord(items)) {
    value.forEach((item, index) => collect(items, item, [...at, index], found));
  }
  // Where further keys are taken or refused, the schema itself says so.
  if (!isRecord(value) || !isRecord(schema['properties']) || schema['additionalProperties'] !== undefined) return;
  const properties = propertiesOf(schema);
  for (const [key, child] of Object.entries(value)) {
    const field = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (field) {
      collect(field, child, [...at, key], found);
      continue;
    }
    const free = Object.keys(properties).filter((name) => !Object.hasOwn(value, name));
    const meant = nearMiss(key, free);
    const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
    found.push(`${pathOf([...at, key])} is not known to the action, and ignored${hint}`);
  }
}

function filled(schema: JsonSchema, value: Body): Record<string, unknown> {
  const result: Record<string, unknown> = { ...value };
  for (const [name, field] of Object.entries(propertiesOf(schema))) {
    const given = Object.hasOwn(result, name) ? result[name] : undefined;
    // The default of a secret is not told: its worker has it.
    if (given === undefined && field['default'] !== undefined && field['x-secret'] !== true)
      result[name] = field['default'];
    else if (isRecord(given)) result[name] = filled(field, given);
  }
  return result;
}

function fieldsOf(schema: JsonSchema): string | undefined {
  const required = new Set(Array.isArray(schema['required']) ? schema['required'] : []);
  const fields = Object.entries(propertiesOf(schema)).map(([name, field]) => {
    const notes = [typeOf(field)];
    if (field['default'] !== undefined) notes.push(`default ${JSON.stringify(field['default'])}`);
    else if (!required.has(name)) notes.push('optional');
    return `${name} (${notes.join(', ')})`;
  });
  return fields.length === 0 ? undefined : fields.join(', ');
}

function typeOf(field: JsonSchema): string {
  const { enum: values, type, anyOf } = field as { enum?: unknown[]; type?: unknown; anyOf?: JsonSchema[] };
  if (values) return values.map((value) => JSON.stringify(value)).join(' | ');
  if (anyOf) return [...new Set(anyOf.map(typeOf))].join(' | ');
  return typeof type === 'string' ? type : 'anything';
}
