import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { describeContract } from '../../src/contract/contract.js';
import { jsonSchemaOf } from '../../src/contract/json-schema.js';
import { compareContracts } from '../../src/contract/lock/compare-contracts.js';
import { lockedContract, lockText, parseLock, type LockedContract } from '../../src/contract/lock/lockfile.js';
import { createDice } from '../../src/mock/dice.js';
import { createGenerator } from '../../src/mock/generate.js';
import { defineAction, secret, type Action, type ErrorSchemas } from '../../src/index.js';
import { createSeededRandom } from '../../src/testing/seeded-random.js';
import { createUsers, exampleActions } from './example-actions.js';
import { nastyActions } from './nasty-actions.js';
import { edited, schemaOf, shapes, type Shape } from './shapes.js';

interface Parts {
  readonly name?: string;
  readonly request?: z.ZodType;
  readonly response?: z.ZodType;
  readonly errors?: ErrorSchemas;
}

function lockOf(...actions: readonly Parts[]) {
  const all = actions.map(({ name = 'act', request = z.object({}), response = z.null(), errors = {} }) =>
    defineAction({ name, summary: 'Acts.', request, response, errors }),
  );
  return lockedContract(describeContract(all));
}

/** Such as `breaks callers: act request.a values_changed`. */
function changes(before: readonly Parts[], after: readonly Parts[]): string[] {
  return compareContracts(lockOf(...before), lockOf(...after)).map(
    ({ action, path, kind, breaksOldCallers, breaksOldWorkers }) => {
      const broken = [...(breaksOldCallers ? ['callers'] : []), ...(breaksOldWorkers ? ['workers'] : [])];
      return `${broken.length === 0 ? 'compatible' : `breaks ${broken.join(' and ')}`}: ${action} ${path} ${kind}`;
    },
  );
}

const request = (shape: z.core.$ZodShape) => [{ request: z.object(shape) }];
const response = (shape: z.core.$ZodShape) => [{ response: z.object(shape) }];
const errors = (given: ErrorSchemas) => [{ errors: given }];
const word = z.string();
const ab = z.enum(['a', 'b']);
const abc = z.enum(['a', 'b', 'c']);

test.each<[string, readonly Parts[], readonly Parts[], string[]]>([
  [
    'what a pattern of keys holds changes in a request',
    request({ a: z.looseRecord(word.regex(/^x/), word), b: z.object({}) }),
    request({ a: z.looseRecord(word.regex(/^x/), z.int()), b: z.looseRecord(word.regex(/^x/), word) }),
    ['breaks callers and workers: act request.a.* type_changed', 'breaks callers: act request.b.* check_changed'],
  ],
  [
    'a required field is added to a request',
    request({}),
    request({ a: word }),
    ['breaks callers: act request.a field_added'],
  ],
  [
    'an optional field is added to a request',
    request({}),
    request({ a: word.optional() }),
    ['compatible: act request.a field_added'],
  ],
  [
    'a field with a default is added to a request',
    request({}),
    request({ a: word.default('') }),
    ['compatible: act request.a field_added'],
  ],
  [
    'a field of a request becomes required',
    request({ a: word.optional() }),
    request({ a: word }),
    ['breaks callers: act request.a field_required'],
  ],
  [
    'a field of a request becomes optional',
    request({ a: word }),
    request({ a: word.optional() }),
    ['breaks workers: act request.a field_optional'],
  ],
  [
    'a field is removed from a request',
    request({ a: word }),
    request({}),
    ['breaks workers: act request.a field_removed'],
  ],
  [
    'an enum of a request is narrowed',
    request({ a: abc }),
    request({ a: ab }),
    ['breaks callers: act request.a values_changed'],
  ],
  [
    'an enum of a request is widened',
    request({ a: ab }),
    request({ a: abc }),
    ['breaks workers: act request.a values_changed'],
  ],
  [
    'a limit of a request is tightened',
    request({ a: word.max(9) }),
    request({ a: word.max(8) }),
    ['breaks callers: act request.a limit_changed'],
  ],
  [
    'a limit of a request is loosened',
    request({ a: z.int().min(3) }),
    request({ a: z.int().min(2) }),
    ['breaks workers: act request.a limit_changed'],
  ],
  ['a bound is written in another way', request({ a: z.int().gt(2) }), request({ a: z.int().min(3) }), []],
  [
    'a type of a request changes',
    request({ a: word }),
    request({ a: z.int() }),
    ['breaks callers and workers: act request.a type_changed'],
  ],
  [
    'a type of a request gets wider',
    request({ a: z.int() }),
    request({ a: z.number() }),
    ['breaks workers: act request.a type_changed'],
  ],
  [
    'a default of a request changes',
    request({ a: word.default('x') }),
    request({ a: word.default('y') }),
    ['compatible: act request.a default_changed'],
  ],
  [
    'a request becomes strict',
    request({ a: word }),
    [{ request: z.strictObject({ a: word }) }],
    ['breaks callers: act request strictness_changed'],
  ],
  [
    'a field of a request becomes a secret',
    request({ a: word }),
    request({ a: secret(word) }),
    ['breaks callers and workers: act request.a secret_changed'],
  ],
  [
    'a pattern is added to a request',
    request({ a: word }),
    request({ a: word.regex(/^a/) }),
    ['breaks callers: act request.a pattern_changed'],
  ],
  [
    'a request may be null in a place',
    request({ a: word }),
    request({ a: word.nullable() }),
    ['breaks workers: act request.a variant_added'],
  ],
  [
    'a required field is added to a reply',
    response({}),
    response({ a: word }),
    ['breaks workers: act response.a field_added'],
  ],
  [
    'an optional field is added to a reply',
    response({}),
    response({ a: word.optional() }),
    ['compatible: act response.a field_added'],
  ],
  [
    'a field is removed from a reply',
    response({ a: word }),
    response({}),
    ['breaks callers: act response.a field_removed'],
  ],
  [
    'a field of a reply that may be missing is removed',
    response({ a: word.optional() }),
    response({}),
    ['compatible: act response.a field_removed'],
  ],
  [
    'a field of a reply may be missing',
    response({ a: word }),
    response({ a: word.optional() }),
    ['breaks callers: act response.a field_optional'],
  ],
  [
    'an enum of a reply is widened',
    response({ a: ab }),
    response({ a: abc }),
    ['breaks callers: act response.a values_changed'],
  ],
  [
    'an enum of a reply is narrowed',
    response({ a: abc }),
    response({ a: ab }),
    ['breaks workers: act response.a values_changed'],
  ],
  [
    'a reply may be null in a place',
    response({ a: word }),
    response({ a: word.nullable() }),
    ['breaks callers: act response.a variant_added'],
  ],
  [
    'a field in a list of a reply is removed',
    response({ l: z.array(z.object({ a: word })) }),
    response({ l: z.array(z.object({})) }),
    ['breaks callers: act response.l[].a field_removed'],
  ],
  [
    'a field of a strict reply is added',
    [{ response: z.strictObject({}) }],
    [{ response: z.strictObject({ a: word.optional() }) }],
    ['breaks callers: act response.a field_added'],
  ],
  ['an error is added', errors({}), errors({ late: z.null() }), ['compatible: act errors.late error_added']],
  ['an error is removed', errors({ late: z.null() }), errors({}), ['compatible: act errors.late error_removed']],
  [
    'an error is renamed',
    errors({ late: z.object({ a: word }) }),
    errors({ slow: z.object({ a: word }) }),
    ['breaks callers and workers: act errors.late error_renamed'],
  ],
  [
    'a field of an error is removed',
    errors({ late: z.object({ a: word }) }),
    errors({ late: z.object({}) }),
    ['breaks callers: act errors.late.a field_removed'],
  ],
  ['an action is removed', [{}, { name: 'b', response: word }], [{}], ['breaks callers: b  action_removed']],
  ['an action is added', [{}], [{}, { name: 'b', response: word }], ['breaks workers: b  action_added']],
  [
    'an action is renamed',
    [{ name: 'b', response: word }],
    [{ name: 'c', response: word }],
    ['breaks callers and workers: b  action_renamed'],
  ],
  [
    'a kind of a union is added to a request, and a field to another',
    request({ by: z.discriminatedUnion('k', [z.object({ k: z.literal('a') })]) }),
    request({
      by: z.discriminatedUnion('k', [z.object({ k: z.literal('a'), more: word }), z.object({ k: z.literal('b') })]),
    }),
    ['breaks callers: act request.by.more field_added', 'breaks workers: act request.by variant_added'],
  ],
])('%s', (_name, before, after, expected) => {
  expect(changes(before, after)).toEqual(expected);
  expect(changes(before, before)).toEqual([]);
  expect(changes(after, after)).toEqual([]);
});

test('words for people are no part of the contract', () => {
  const told = z.object({ a: word.describe('A word.').meta({ examples: ['b'], title: 'A' }) }).describe('All of it.');
  expect(changes([{ request: z.object({ a: word }) }], [{ request: told }])).toEqual([]);
});

const recursive = (leaf: z.ZodType): z.ZodType => {
  const node: z.ZodType = z.lazy(() => z.object({ leaf, inner: z.array(node) }));
  return node;
};

test('what refers to itself is compared to its end', () => {
  expect(changes([{ request: recursive(word) }], [{ request: recursive(z.int()) }])).toEqual([
    'breaks callers and workers: act request.leaf type_changed',
  ]);
});

test('a lock file is the same for the same actions, in whatever order, and reads as what was written', () => {
  const actions = [...exampleActions, createUsers as Action, ...nastyActions];
  const locked = lockedContract(describeContract(actions));
  const text = lockText(locked);
  expect(lockText(lockedContract(describeContract([...actions].reverse())))).toBe(text);
  expect(compareContracts(parseLock(text), locked)).toEqual([]);
  expect(text).not.toMatch(/description|examples/);
});

/** How many values that a program of one contract may send a program of the other refuses. */
function refusals(from: Shape, by: Shape, side: 'input' | 'output', seed: number): number {
  const [sender, receiver] = [schemaOf(from), schemaOf(by)];
  const generate = createGenerator(jsonSchemaOf(sender, side));
  const dice = createDice(createSeededRandom(seed));
  let refused = 0;
  for (let nth = 0; nth < 25; nth++) {
    const value = attempt(() => generate(dice, false));
    const parsed = sender.safeParse(value);
    if (!parsed.success) continue;
    // What leaves a worker is what its schema has made of it, defaults and all.
    if (!receiver.safeParse(side === 'input' ? value : parsed.data).success) refused++;
  }
  return refused;
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

function bothWays(schema: z.ZodType): LockedContract {
  const [request, response] = [jsonSchemaOf(schema, 'input'), jsonSchemaOf(schema, 'output')];
  return { lockVersion: 1, actions: { act: { request, response, errors: {} } } };
}

test('what is told to be compatible is: whatever the one side sends, the other takes', () => {
  const seen = { breaks: 0, witnessed: 0, compatible: 0 };
  const edits = fc.tuple(shapes, fc.nat(), shapes, fc.nat());
  fc.assert(
    fc.property(edits, fc.nat(), ([before, at, by, how], seed) => {
      const after = edited(before, at, by, how);
      const [old, now] = [schemaOf(before), schemaOf(after)];
      const all = compareContracts(bothWays(old), bothWays(now));
      const isBroken = (part: string, who: 'breaksOldCallers' | 'breaksOldWorkers') =>
        all.some((one) => one.path.startsWith(part) && one[who]);
      const cases = [
        ['request', 'breaksOldCallers', before, after, 'input'],
        ['request', 'breaksOldWorkers', after, before, 'input'],
        ['response', 'breaksOldCallers', after, before, 'output'],
        ['response', 'breaksOldWorkers', before, after, 'output'],
      ] as const;
      for (const [part, who, from, to, side] of cases) {
        const refused = refusals(from, to, side, seed);
        if (isBroken(part, who)) {
          seen.breaks++;
          if (refused > 0) seen.witnessed++;
        } else {
          seen.compatible++;
          expect(refused, `${part} ${who} ${JSON.stringify([before, after])}`).toBe(0);
        }
      }
    }),
    { numRuns: 200, seed: 5 },
  );
  expect(seen.compatible).toBeGreaterThan(300);
  // Most of what is told to break is seen to break, with a few values each.
  expect(seen.witnessed / seen.breaks).toBeGreaterThan(0.5);
});
