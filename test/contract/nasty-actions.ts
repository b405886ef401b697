import { z } from 'zod';
import { defineAction, secret, type Action } from '../../src/index.js';

interface Node {
  value: string;
  next?: Node | undefined;
  'other-nodes': Node[];
}
const node: z.ZodType<Node> = z.lazy(() =>
  z.object({
    value: z.string().describe('Ends */ a comment.'),
    next: node.optional(),
    'other-nodes': z.array(node).max(2),
  }),
);

const pair: z.ZodType = z.lazy(() => z.object({ left: z.object({ pair }).nullish() }));

const shape = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('circle'), radius: z.number().positive() }),
  z.object({ kind: z.literal("it's"), class: z.int().min(-5).max(5).default(-1) }),
  z.discriminatedUnion('of', [
    z.object({ kind: z.literal('group'), of: z.literal('circles'), members: z.array(z.number()) }),
    z.strictObject({
      kind: z.literal('group'),
      of: z.literal('lines'),
      from: z.tuple([z.int(), z.int()], z.boolean()),
    }),
  ]),
]);

/** Names that are keywords, texts that end comments and strings, and every kind of schema. */
export const keywords = defineAction({
  name: 'class',
  summary: 'Ends */ comments, `${injected}` and """ strings \\ with \' and ".',
  description: 'First.\n\nSecond: \u2028 */ "quoted"\r\nand @tags {@link nothing} `code` ${more}',
  request: z.object({
    class: z.string().describe('A keyword of both languages. """ */ `${x}`'),
    'def-ine': z.string().optional(),
    def: z.int().default(3),
    self: z.boolean().nullable(),
    from: z.string().nullish(),
    'ünïcödé ☕': z.string().max(3).optional(),
    日本: z.string().optional(),
    '': z.string().optional(),
    '1st': z.int().optional(),
    _private: z.string().optional(),
    model_config: z.string().optional(),
    schema: z.string().optional(),
    json: z.string().optional(),
    copy: z.string().optional(),
    dict: z.string().optional(),
    str: z.string().optional(),
    constructor: z.string().optional(),
    $dollar: z.string().optional(),
    quotes: z.enum(["it's", 'say "so"', '\\', '`${x}`', 'line\nbreak', '\u2028']).default("it's"),
    mixed: z.literal([1, 'a', null, true]).optional(),
    numbers: z.array(z.number()).default([1, 2.5, -3, 1e21]),
    objects: z.array(z.object({ a: z.int(), b: z.int() })).default([
      { a: 1, b: 2 },
      { a: 3, b: 4 },
    ]),
    filled: z
      .object({ a: z.int().default(1), b: z.array(z.object({ c: z.int().default(2) })).optional() })
      .prefault({ b: [{}] }),
    filledUnion: z.union([z.object({ a: z.int().default(1) }), z.string()]).prefault({}),
    complete: z.object({ a: z.int().default(1) }).default({ a: 3 }),
    register: z.string().optional(),
    mro: z.string().optional(),
    json_value: z.json().optional(),
    deep: z.record(z.string().regex(/^[a-z/"']+$/), z.record(z.string(), z.array(z.string().nullable()))).optional(),
    byPattern: z.looseRecord(z.string().regex(/^x_/), z.string()).optional(),
    chosen: z.partialRecord(z.enum(['left', 'right']), z.int()).optional(),
    every: z.record(z.enum(['left', 'right']), z.int()).optional(),
    shapes: z.array(shape).max(3).optional(),
    either: z.union([z.string().min(2), z.int(), z.object({ yes: z.boolean() }), z.null()]).optional(),
    loose: z.looseObject({ a: z.string() }).optional(),
    others: z.object({ a: z.string() }).catchall(z.int()).optional(),
    empty: z.object({}).optional(),
    when: z.iso.datetime().optional(),
    mail: z.email().optional(),
    id: z.uuid().optional(),
    any: z.unknown(),
    never: z.never().optional(),
    node: node.optional(),
    pairs: pair.optional(),
    half: z.number().multipleOf(0.5).gt(-1).lt(100).optional(),
    code: z
      .string()
      .regex(/^[A-Z]{2}\/\d+$/)
      .max(20)
      .optional(),
    text: z.string().min(1).startsWith('a').optional(),
    passwords: z
      .array(z.object({ password: secret(z.string().min(3)), pin: secret(z.int()).nullable().optional() }))
      .optional(),
    pair: z.tuple([z.string(), z.int().optional()]).optional(),
  }),
  response: z.union([z.object({ return: z.array(node) }), z.null()]),
  errors: {
    None: z.object({ import: z.string() }).describe('Nothing """ */ there.'),
    lambda: z.null(),
    listed: z.array(z.string()),
  },
});

/** As `class` is, but for what its name has between its letters. */
export const nearlyClass = defineAction({
  name: 'cla-ss.is',
  summary: 'Is nearly called like another.',
  request: z.object({ a: z.string() }),
  response: z.looseObject({}),
});
export const nearlyTheSame = defineAction({ ...nearlyClass, name: 'cla_ss_is' });

/** As the code itself calls things. */
const taken = [
  'Secret',
  'RequestInput',
  'secret',
  'z',
  'eval',
  'arguments',
  'undefined',
  'globalThis',
  'Action',
  'models',
];
const namedAlike = taken.map((name) =>
  defineAction({ name, summary: `Is called ${name}.\0`, request: z.object({}), response: z.null() }),
);

export const nastyActions: readonly Action[] = [keywords, nearlyClass, nearlyTheSame, ...namedAlike];
