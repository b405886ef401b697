import type { z } from 'zod';
import { isRecord } from '../core/reply.js';
import { behindLazy, defOf, holdsSecrets, isSecretField, type Schema } from './schema-parts.js';
import { Secret } from './secret.js';

/**
 * `value` as it was given, but with each secret of the schema as a `Secret`. What it does not find, because a transform
 * stands before it, a parse with `secretsAre({ given: 'wrapped' })` refuses.
 */
export function wrapSecrets(schema: Schema, value: unknown): unknown {
  return wrapped([schema], [], value);
}

/**
 * `passed`: what else the value might have been, in options of unions that do not count. What the option that counts does
 * not ask for is sent, too: a name that is a secret's in another one is meant as that, at any depth.
 */
function wrapped(given: readonly Schema[], passed: readonly Schema[], value: unknown): unknown {
  if (value === undefined || value === null) return value;
  const readings = given.map((schema) => readingOf(schema, value));
  // Each once: what refers to itself would be looked at more often with each level.
  const own = [...new Set(readings.flatMap((reading) => reading.own))];
  const others = leavesOf([...passed, ...readings.flatMap((reading) => reading.passed)]);
  if (own.some(isSecretField)) return value instanceof Secret ? value : new Secret(value);
  if (Array.isArray(value)) {
    return inArray(value, (index, item) => wrapped(itemsAt(own, index), itemsAt(others, index), item));
  }
  if (!isRecord(value)) return value;
  return inObject(value, (name, item) => {
    const known = own.flatMap((schema) => fieldAt(schema, name) ?? defOf(schema).valueType ?? []);
    const meant = others.flatMap((schema) => fieldAt(schema, name) ?? []);
    if (known.length > 0) return wrapped(known, meant, item);
    const secretive = own.some((schema) => defOf(schema).shape) ? meant.filter(holdsSecrets) : [];
    return wrapped(secretive.length > 0 ? secretive : own.flatMap((schema) => defOf(schema).catchall ?? []), [], item);
  });
}

interface Reading {
  /** The plain schemas that count for a value. */
  readonly own: readonly Schema[];
  /** The options that would have counted, had others not. */
  readonly passed: readonly Schema[];
}

function readingOf(schema: Schema, value: unknown): Reading {
  const inner = innerOf(schema);
  if (!inner) return { own: [schema], passed: [] };
  const { options } = defOf(schema);
  const option = options?.find((each) => fits(each, value));
  // Where none fits, what was meant as a secret is still none to show.
  if (options && !option) return { own: leavesOf(options), passed: [] };
  const readings = (option ? [option] : inner).map((each) => readingOf(each, value));
  const others = options?.filter((each) => each !== option) ?? [];
  return {
    own: readings.flatMap(({ own }) => own),
    passed: [...readings.flatMap(({ passed }) => passed), ...others],
  };
}

/** All plain schemas that some stand for, each once. */
function leavesOf(schemas: readonly Schema[]): Schema[] {
  // It grows while it is gone through.
  const all = new Set(schemas);
  for (const schema of all) for (const inner of innerOf(schema) ?? []) all.add(inner);
  return [...all].filter((schema) => !innerOf(schema));
}

/** The schemas of the same place that a schema stands for; undefined for a plain one. */
function innerOf(schema: Schema): readonly Schema[] | undefined {
  if (isSecretField(schema)) return undefined;
  const { options, left, right, innerType, in: before } = defOf(schema);
  if (options) return options;
  if (left && right) return [left, right];
  const within = innerType ?? before ?? behindLazy(schema);
  return within && [within];
}

/** The first one that takes a value is the one that counts, as for zod. */
function fits(option: Schema, value: unknown): boolean {
  return (option as z.ZodType).safeParse(value).success;
}

function itemsAt(schemas: readonly Schema[], index: number): readonly Schema[] {
  return schemas.flatMap((schema) => {
    const { items, rest, element } = defOf(schema);
    return items?.[index] ?? rest ?? element ?? [];
  });
}

function fieldAt(schema: Schema, name: string): Schema | undefined {
  const { shape } = defOf(schema);
  return shape && Object.hasOwn(shape, name) ? shape[name] : undefined;
}

/** The same array, unless something in it is another one. */
function inArray(value: readonly unknown[], wrap: (index: number, item: unknown) => unknown): readonly unknown[] {
  const items = value.map((item, index) => wrap(index, item));
  return items.some((item, index) => item !== value[index]) ? items : value;
}

function inObject(value: Record<string, unknown>, wrap: (name: string, item: unknown) => unknown): object {
  const entries = Object.entries(value)
    // JSON has no functions, and would ask a toJSON for something else than was looked at here.
    .filter(([, item]) => typeof item !== 'function')
    .map(([name, item]) => [name, wrap(name, item)] as const);
  return entries.some(([name, item]) => item !== value[name]) ? Object.fromEntries(entries) : value;
}
