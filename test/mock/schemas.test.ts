import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { generated } from './generated.js';

const strings: [string, z.ZodType][] = [
  ['email', z.email()],
  ['uuid', z.uuid()],
  ['uuid 7', z.uuidv7()],
  ['guid', z.guid()],
  ['url', z.url()],
  ['http url', z.httpUrl()],
  ['hostname', z.hostname()],
  ['emoji', z.emoji()],
  ['nanoid', z.nanoid()],
  ['cuid2', z.cuid2()],
  ['ulid', z.ulid()],
  ['xid', z.xid()],
  ['ksuid', z.ksuid()],
  ['ipv4', z.ipv4()],
  ['ipv6', z.ipv6()],
  ['mac', z.mac()],
  ['cidr 4', z.cidrv4()],
  ['cidr 6', z.cidrv6()],
  ['base64', z.base64()],
  ['base64url', z.base64url()],
  ['e164', z.e164()],
  ['jwt', z.jwt()],
  ['hex', z.hex()],
  ['hash', z.hash('sha256')],
  ['date and time', z.iso.datetime()],
  ['date and time with offset', z.iso.datetime({ offset: true, precision: 3 })],
  ['local date and time', z.iso.datetime({ local: true, precision: -1 })],
  ['date', z.iso.date()],
  ['time', z.iso.time()],
  ['duration', z.iso.duration()],
  ['lengths', z.string().min(70).max(75)],
  ['an empty one', z.string().max(0)],
  ['beginning, part and end', z.string().startsWith('/srv').includes('@').endsWith('.tar.gz').min(40)],
  ['lower case', z.string().lowercase().length(12)],
  ['a template', z.templateLiteral(['v', z.int().min(0), '-', z.enum(['rc', 'final'])])],
];
const patterns = [
  /^[a-z][a-z0-9-]{1,61}[a-z0-9]$/,
  /^(?:red|green|blue)(?:-(?:light|dark))?$/,
  /^\d{4}-\d{2}$/,
  /^#[0-9A-Fa-f]{6}$/,
  /^[^\s@]+@[^\s@]+$/,
  /^(?!admin$)[a-z]+$/,
  /^(?<major>\d+)\.(\d+)\.(\d+)(-[\w.]+)?$/,
  /^\/(?:[\w.-]+\/?)*$/,
  /^[\w.\]]{3}\x41\u0042\$\.\t?$/,
  /\bcat\b/,
  /^.{3,5}$/s,
  /^[A-Z]+?[^A-Z]*$/,
  /a|b|/,
];

interface Tree {
  readonly name: string;
  readonly left: Tree | null;
  readonly children: readonly Tree[];
  readonly forest?: Record<string, Tree> | undefined;
}
const tree: z.ZodType<Tree> = z.lazy(() =>
  z.object({
    name: z.string(),
    left: tree.nullable(),
    children: z.array(tree),
    forest: z.record(z.string(), tree).optional(),
  }),
);
type Term = number | { readonly add: readonly [Term, Term] } | { readonly negate: Term };
const term: z.ZodType<Term> = z.lazy(() =>
  z.union([z.object({ add: z.tuple([term, term]) }), z.object({ negate: term }), z.number()]),
);

const others: [string, z.ZodType][] = [
  ['any JSON', z.json()],
  ['anything', z.object({ a: z.unknown(), b: z.any() })],
  ['a tree', tree],
  ['a term', term],
  ['recursion without a reference to the whole', z.object({ trees: z.array(tree).min(2), term })],
  ['a loose object', z.looseObject({ a: z.int() })],
  ['an object with a rest', z.object({ a: z.string() }).catchall(z.int())],
  ['a record of all', z.record(z.enum(['a', 'b']), z.int())],
  ['a record of some', z.partialRecord(z.enum(['a', 'b']), z.int())],
  ['a record by pattern', z.record(z.string().regex(/^k\d+$/), z.boolean())],
  ['a record by number', z.record(z.int(), z.boolean())],
  ['a tuple with a rest', z.tuple([z.string(), z.int().optional()], z.boolean())],
  ['literals', z.literal([1, 'a', null, true])],
  [
    'an intersection with a union',
    z.object({ a: z.string() }).and(z.union([z.object({ b: z.int() }), z.object({ c: z.int() })])),
  ],
  ['an intersection of one property', z.object({ n: z.int().min(3) }).and(z.object({ n: z.number().max(5) }))],
  [
    'a discriminated union',
    z.discriminatedUnion('k', [z.object({ k: z.literal('a'), x: z.int() }), z.object({ k: z.literal('b') })]),
  ],
  ['exclusive branches', z.xor([z.string(), z.int()])],
  ['two divisors', z.number().gt(3).lt(90).multipleOf(2).multipleOf(3)],
  ['a small divisor', z.number().min(0.1).max(0.35).multipleOf(0.1)],
  ['a large divisor', z.int().min(1).multipleOf(5_000)],
  ['a narrow number', z.number().gt(0).lt(0.001)],
  ['a negative number', z.int().lt(-7)],
  ['a large number', z.int().gt(9_007_199_254_740_000)],
  ['a single precision number', z.float32()],
  [
    'distinct items',
    z
      .array(z.enum(['a', 'b', 'c']))
      .min(3)
      .meta({ uniqueItems: true })
      .refine((all) => new Set(all).size === 3),
  ],
  ['a definition', z.object({ a: z.string().meta({ id: 'Named/~Thing' }), b: z.string().min(3).readonly() })],
  ['what is caught', z.object({ a: z.string().min(3).catch('xyz'), b: z.coerce.number() })],
  ['a name that objects have anyway', z.object({ constructor: z.int(), ['__proto__']: z.int() })],
  ['null', z.null()],
];

describe('every generated value is valid:', () => {
  test.each([
    ...strings,
    ...others,
    ...patterns.map((pattern) => [String(pattern), z.string().regex(pattern)] as const),
  ])('%s', (_, schema) => {
    for (const seed of [1, 2, 3]) {
      for (const value of generated(schema, { seed, count: 30 })) {
        expect(schema.safeParse(JSON.parse(JSON.stringify(value)))).toMatchObject({ success: true });
      }
    }
  });
});

const { schema: anySchema } = fc.letrec<{ schema: z.ZodType; leaf: z.ZodType }>((tie) => ({
  leaf: fc.oneof(
    fc.constantFrom(...strings.map(([, schema]) => schema)),
    fc.constantFrom(z.boolean(), z.null(), z.int(), z.number(), z.literal('x'), z.enum(['p', 'q']), tree, term),
    fc.tuple(fc.integer(), fc.nat(50)).map(([low, width]) =>
      z
        .int()
        .min(low)
        .max(low + width),
    ),
    fc.tuple(fc.nat(30), fc.nat(30)).map(([low, width]) =>
      z
        .string()
        .min(low)
        .max(low + width),
    ),
    fc.constantFrom(...patterns).map((pattern) => z.string().regex(pattern)),
  ),
  schema: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    tie('leaf'),
    tie('schema').map((inner) => inner.nullable()),
    fc.tuple(tie('schema'), fc.nat(2), fc.nat(2)).map(([inner, low, more]) =>
      z
        .array(inner)
        .min(low)
        .max(low + more),
    ),
    fc.array(tie('schema'), { minLength: 1, maxLength: 3 }).map((all) => z.union(all as [z.ZodType])),
    fc.array(tie('schema'), { minLength: 1, maxLength: 3 }).map((all) => z.tuple(all as [z.ZodType])),
    fc
      .dictionary(fc.string({ maxLength: 5 }), fc.tuple(tie('schema'), fc.boolean()))
      .map((shape) =>
        z.object(
          Object.fromEntries(
            Object.entries(shape).map(([key, [inner, wanted]]) => [key, wanted ? inner : inner.optional()]),
          ),
        ),
      ),
    tie('schema').map((inner) => z.record(z.string(), inner)),
    fc.tuple(tie('schema'), tie('schema')).map(([a, b]) => z.object({ a }).and(z.object({ b }))),
  ),
}));

test('every value that is generated for any schema is valid', () => {
  fc.assert(
    fc.property(anySchema, fc.integer(), (schema, seed) => {
      for (const value of generated(schema, { seed, count: 3 })) {
        expect(schema.safeParse(JSON.parse(JSON.stringify(value)))).toMatchObject({ success: true });
      }
    }),
    { numRuns: 200 },
  );
});
