import type { z } from 'zod';
import { isRecord } from '../core/reply.js';
import { behindLazy, defOf, holdsSecrets, isSecretField, type Schema } from './schema-parts.js';
import { Secret } from './secret.js';

/**
 * `value` as it was given, but with each secret of the schema as a `Secret`. What it does not find, because a transform
 * stands before it, a parse with `secretsAre({ given: 'wrapped' })` refuses.
 */
export function wrapSecrets(schema: Schema, value: unknown): unknown {
  if (value === undefined || value === null) return value;
  if (isSecretField(schema)) return value instanceof Secret ? value : new Secret(value);
  const def = defOf(schema);
  const { innerType, left, right, options } = def;
  if (options) {
    // Where none fits, what was meant as a secret is still none to show.
    const option = options.find((each) => fits(each, value)) ?? options.find(isSecretField);
    const meant = withLeftOver(option, options, value);
    return option ? wrapSecrets(option, meant) : meant;
  }
  if (left && right) return wrapSecrets(right, wrapSecrets(left, value));
  const within = innerType ?? def.in ?? behindLazy(schema);
  if (within) return wrapSecrets(within, value);
  if (Array.isArray(value)) return inArray(value, (index) => def.items?.[index] ?? def.rest ?? def.element);
  if (!isRecord(value)) return value;
  const { shape, catchall, valueType } = def;
  return inObject(value, (name) => (shape && Object.hasOwn(shape, name) ? shape[name] : (valueType ?? catchall)));
}

/** What the option does not ask for is sent, too: a name that is a secret's in another one is meant as that. */
function withLeftOver(option: Schema | undefined, options: readonly Schema[], value: unknown): unknown {
  if (!isRecord(value)) return value;
  const own = option ? defOf(option).shape : {};
  const others = options.map((each) => defOf(each).shape ?? {});
  return inObject(value, (name) => {
    if (!own || Object.hasOwn(own, name)) return undefined;
    return others.map((shape) => (Object.hasOwn(shape, name) ? shape[name] : undefined)).find(isSecretive);
  });
}

function isSecretive(schema: Schema | undefined): boolean {
  return schema !== undefined && holdsSecrets(schema);
}

/** The first one that takes a value is the one that counts, as for zod. */
function fits(option: Schema, value: unknown): boolean {
  return (option as z.ZodType).safeParse(value).success;
}

/** The same array, unless something in it is another one. */
function inArray(
  value: readonly unknown[],
  schemaAt: (index: number) => Schema | null | undefined,
): readonly unknown[] {
  const wrapped = value.map((item, index) => wrappedBy(schemaAt(index), item));
  return wrapped.some((item, index) => item !== value[index]) ? wrapped : value;
}

function inObject(value: Record<string, unknown>, schemaAt: (name: string) => Schema | undefined): object {
  const wrapped = Object.entries(value)
    // JSON has no functions, and would ask a toJSON for something else than was looked at here.
    .filter(([, item]) => typeof item !== 'function')
    .map(([name, item]) => [name, wrappedBy(schemaAt(name), item)] as const);
  return wrapped.some(([name, item]) => item !== value[name]) ? Object.fromEntries(wrapped) : value;
}

function wrappedBy(schema: Schema | null | undefined, value: unknown): unknown {
  return schema ? wrapSecrets(schema, value) : value;
}
