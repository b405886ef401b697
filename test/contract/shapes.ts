import fc from 'fast-check';
import { z } from 'zod';

/** A schema as plain data, so that it can be changed in one place. */
export type Shape =
  | {
      readonly kind: 'word';
      readonly min: number;
      readonly max: number;
      readonly pattern: '' | '^[a-m]*$' | '^[a-z ]*$';
    }
  | {
      readonly kind: 'number';
      readonly isWhole: boolean;
      readonly min: number;
      readonly max: number;
      readonly isOpen: boolean;
    }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'choice'; readonly values: readonly string[] }
  | { readonly kind: 'list'; readonly item: Shape; readonly min: number; readonly max: number }
  | { readonly kind: 'record'; readonly item: Shape }
  | { readonly kind: 'pair'; readonly first: Shape; readonly second: Shape }
  | { readonly kind: 'nullable'; readonly item: Shape }
  | { readonly kind: 'union'; readonly a: Shape; readonly b: Shape }
  | { readonly kind: 'object'; readonly isStrict: boolean; readonly fields: readonly Field[] };

interface Field {
  readonly name: string;
  readonly presence: 'required' | 'optional' | 'default';
  readonly shape: Shape;
}

const small = fc.integer({ min: 0, max: 4 });
const limits = fc.tuple(small, small).map(([min, more]) => ({ min, max: min + more }));
const choice = fc.subarray(['a', 'b', 'c', 'd'], { minLength: 1 }).map((values): Shape => ({ kind: 'choice', values }));

/** Shapes of objects, a few levels deep. */
export const { object: shapes } = fc.letrec<{ any: Shape; object: Shape }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc
      .tuple(limits, fc.constantFrom('', '^[a-m]*$', '^[a-z ]*$'))
      .map(([{ min, max }, pattern]): Shape => ({ kind: 'word', min, max: max + 6, pattern })),
    fc
      .tuple(limits, fc.boolean(), fc.boolean())
      .map(([limit, isWhole, isOpen]): Shape => ({ kind: 'number', ...limit, max: limit.max + 2, isWhole, isOpen })),
    fc.constant<Shape>({ kind: 'boolean' }),
    choice,
    fc.tuple(limits, tie('any')).map(([limit, item]): Shape => ({ kind: 'list', item, ...limit })),
    tie('any').map((item): Shape => ({ kind: 'record', item })),
    fc.tuple(tie('any'), tie('any')).map(([first, second]): Shape => ({ kind: 'pair', first, second })),
    tie('any').map((item): Shape => ({ kind: 'nullable', item })),
    fc.tuple(tie('any'), tie('any')).map(([a, b]): Shape => ({ kind: 'union', a, b })),
    tie('object'),
  ),
  object: fc
    .tuple(
      fc.boolean(),
      fc.uniqueArray(
        fc.record({
          name: fc.constantFrom('a', 'b', 'c', 'd'),
          presence: fc.constantFrom<Field['presence']>('required', 'optional', 'default'),
          shape: tie('any'),
        }),
        { selector: ({ name }) => name, maxLength: 4 },
      ),
    )
    .map(([isStrict, fields]): Shape => ({ kind: 'object', isStrict, fields })),
}));

export function schemaOf(shape: Shape): z.ZodType {
  switch (shape.kind) {
    case 'word': {
      const word = z.string().min(shape.min).max(shape.max);
      return shape.pattern === '' ? word : word.regex(new RegExp(shape.pattern));
    }
    case 'number': {
      const number = shape.isWhole ? z.int() : z.number();
      return shape.isOpen ? number.gt(shape.min).lt(shape.max) : number.min(shape.min).max(shape.max);
    }
    case 'boolean':
      return z.boolean();
    case 'choice':
      return z.enum(shape.values);
    case 'list':
      return z.array(schemaOf(shape.item)).min(shape.min).max(shape.max);
    case 'record':
      return z.record(z.string(), schemaOf(shape.item));
    case 'pair':
      return z.tuple([schemaOf(shape.first), schemaOf(shape.second)]);
    case 'nullable':
      return schemaOf(shape.item).nullable();
    case 'union':
      return z.union([schemaOf(shape.a), schemaOf(shape.b)]);
    case 'object': {
      const fields = Object.fromEntries(shape.fields.map((field) => [field.name, fieldOf(field)]));
      return shape.isStrict ? z.strictObject(fields) : z.object(fields);
    }
  }
}

function fieldOf({ presence, shape }: Field): z.ZodType {
  const schema = schemaOf(shape);
  if (presence === 'required') return schema;
  return presence === 'optional' ? schema.optional() : schema.default(smallest(shape));
}

/** A value that the shape takes. */
function smallest(shape: Shape): unknown {
  switch (shape.kind) {
    case 'word':
      return 'a'.repeat(shape.min);
    case 'number':
      return shape.isOpen ? shape.min + 1 : shape.min;
    case 'boolean':
      return true;
    case 'choice':
      return shape.values[0];
    case 'list':
      return Array.from({ length: shape.min }, () => smallest(shape.item));
    case 'record':
      return {};
    case 'pair':
      return [smallest(shape.first), smallest(shape.second)];
    case 'nullable':
      return null;
    case 'union':
      return smallest(shape.a);
    case 'object': {
      const required = shape.fields.filter(({ presence }) => presence === 'required');
      return Object.fromEntries(required.map(({ name, shape: inner }) => [name, smallest(inner)]));
    }
  }
}

/** The shape with one place in it changed: replaced, or something about it. */
export function edited(root: Shape, at: number, by: Shape, how: number): Shape {
  let left = at % count(root);
  function visit(shape: Shape): Shape {
    if (left-- === 0) return change(shape, by, how);
    switch (shape.kind) {
      case 'list':
      case 'record':
      case 'nullable':
        return { ...shape, item: visit(shape.item) };
      case 'pair':
        return { ...shape, first: visit(shape.first), second: visit(shape.second) };
      case 'union':
        return { ...shape, a: visit(shape.a), b: visit(shape.b) };
      case 'object':
        return { ...shape, fields: shape.fields.map((field) => ({ ...field, shape: visit(field.shape) })) };
      default:
        return shape;
    }
  }
  return visit(root);
}

function change(shape: Shape, by: Shape, how: number): Shape {
  switch (shape.kind) {
    case 'word':
      return how % 2 === 0 ? { ...shape, pattern: '^[a-m]*$' } : { ...shape, max: shape.max + (how % 3) - 1 };
    case 'number':
      return how % 2 === 0
        ? { ...shape, isWhole: !shape.isWhole }
        : { ...shape, isOpen: !shape.isOpen, max: shape.max + (how % 3) };
    case 'choice':
      return { ...shape, values: ['a', 'b', 'c', 'd'].slice(how % 3, 2 + (how % 3)) };
    case 'list':
      return { ...shape, max: shape.max + (how % 2), min: Math.max(0, shape.min - (how % 3)) };
    case 'object':
      return objectChange(shape, by, how);
    default:
      return by.kind === 'object' ? (by.fields[0]?.shape ?? by) : by;
  }
}

function objectChange(shape: Shape & { kind: 'object' }, by: Shape, how: number): Shape {
  const [first, ...others] = shape.fields;
  if (how % 4 === 0) return { ...shape, isStrict: !shape.isStrict };
  if (!first || how % 4 === 1) {
    const free = ['a', 'b', 'c', 'd'].find((name) => !shape.fields.some((field) => field.name === name));
    if (free === undefined) return { ...shape, fields: others };
    const presence = (['required', 'optional', 'default'] as const)[how % 3] ?? 'required';
    return { ...shape, fields: [...shape.fields, { name: free, presence, shape: by }] };
  }
  if (how % 4 === 2) return { ...shape, fields: others };
  return {
    ...shape,
    fields: [{ ...first, presence: first.presence === 'required' ? 'optional' : 'required' }, ...others],
  };
}

function count(shape: Shape): number {
  switch (shape.kind) {
    case 'list':
    case 'record':
    case 'nullable':
      return 1 + count(shape.item);
    case 'pair':
      return 1 + count(shape.first) + count(shape.second);
    case 'union':
      return 1 + count(shape.a) + count(shape.b);
    case 'object':
      return 1 + shape.fields.reduce((sum, field) => sum + count(field.shape), 0);
    default:
      return 1;
  }
}
