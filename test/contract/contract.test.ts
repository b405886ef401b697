import { expect, test } from 'vitest';
import { z } from 'zod';
import { describeContract } from '../../src/contract/contract.js';
import { defineAction, defineHandler, exclusive, secret } from '../../src/index.js';

const secretText = z.string().min(8).meta({ 'x-secret': true });

const createUser = defineAction({
  name: 'create_user',
  summary: 'Creates a user.',
  description: 'With a home.\n\nAnd a password.',
  to: 'node-1',
  persistent: true,
  request: z.object({
    name: z.string().trim().min(1),
    logins: z.array(z.object({ password: secretText })).default([]),
    by: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('person'), pin: secretText.optional() }),
      z.strictObject({ kind: z.literal('machine') }),
    ]),
  }),
  response: z.object({ token: secretText, note: z.string().default('') }),
  errors: { taken: z.object({ name: z.string() }), before: z.null() },
});
const handler = defineHandler(createUser, {
  locks: ({ name }) => [exclusive(name)],
  idempotencyKey: ({ name }) => name,
  run: () => ({ token: 'x' }),
});
const other = defineAction({ name: 'another', summary: 'Another.', request: z.object({}), response: z.object({}) });

test('a contract says of each action what a caller may build on', () => {
  const packages = new Map([['create_user', { name: 'users', version: '1.2.3' }]]);
  const contract = describeContract([handler, other], { title: 'Users', version: '2.0.0', packages });
  expect(contract).toMatchObject({ title: 'Users', version: '2.0.0' });
  const [first, second] = contract.actions;
  expect(first).toEqual({
    name: 'another',
    summary: 'Another.',
    persistent: false,
    request: { schema: { type: 'object', properties: {} }, secrets: [], example: {} },
    response: { schema: { type: 'object', properties: {} }, secrets: [], example: {} },
    errors: [],
  });
  expect(second).toMatchObject({
    name: 'create_user',
    description: 'With a home.\n\nAnd a password.',
    address: 'node-1',
    persistent: true,
    handling: { locks: true, idempotent: true, onCrash: 'retry', timeoutMs: 60_000 },
    package: { name: 'users', version: '1.2.3' },
    request: { secrets: ['by.pin', 'logins[].password'] },
    response: { secrets: ['token'] },
    errors: [{ name: 'before' }, { name: 'taken' }],
  });
});

test('the same handlers give the same contract, in any order, and it is plain data', () => {
  const contract = describeContract([handler, other]);
  expect(describeContract([other, handler])).toEqual(contract);
  expect(JSON.parse(JSON.stringify(contract))).toEqual(contract);
});

test('a request is described as it is sent, a reply as it comes back', () => {
  const [, action] = describeContract([handler, other]).actions;
  expect(action?.request.schema.required).toEqual(['name', 'by']);
  expect(action?.response.schema.required).toEqual(['token', 'note']);
});

test('a reply may have keys that nobody knows yet, unless its schema is strict', () => {
  const [action] = describeContract([handler]).actions;
  expect(action?.response.schema).not.toHaveProperty('additionalProperties');
  expect(action?.request.schema.properties?.['by']?.oneOf?.[1]).toMatchObject({ additionalProperties: false });
});

test('an example has all that may be left out, and is what the worker accepts', () => {
  const [action] = describeContract([
    defineAction({
      name: 'x',
      summary: '',
      request: z.object({ a: z.string().refine((text) => text === 'yes'), b: z.int().optional() }),
      response: z.object({ a: z.enum(['no', 'yes']).refine((text) => text === 'yes'), b: z.int().optional() }),
    }),
  ]).actions;
  expect(action?.request).not.toHaveProperty('example');
  expect(action?.response.example).toEqual({ a: 'yes', b: expect.any(Number) as number });
});

test('a contract has each action once', () => {
  expect(() => describeContract([handler, createUser])).toThrow(
    new TypeError('expected each action once in a contract, got create_user twice'),
  );
});

const said = {
  text: z.string().min(1).max(3),
  pattern: z.string().regex(/^[a-z]+$/u),
  whole: z.int().min(1).multipleOf(3),
  choice: z.enum(['a', 'b']),
  moment: z.iso.datetime(),
  uuid: z.uuid(),
  list: z.array(z.string()).max(2).optional(),
  pair: z.tuple([z.string(), z.int()]),
  record: z.record(z.string(), z.boolean()),
  either: z.union([z.string(), z.null()]).describe('Either.'),
};
test.each(Object.entries(said))('JSON Schema says all of a %s', (_name, schema) => {
  const [action] = describeContract([
    defineAction({ name: 'x', summary: '', request: z.object({ it: schema }), response: z.null() }),
  ]).actions;
  expect(JSON.stringify(action)).not.toContain('x-refined');
});

const unsaid = {
  refinement: z.string().refine((text) => text !== 'q'),
  'refined object': z.object({}).check(() => undefined),
  trim: z.string().trim().min(1),
  coercion: z.coerce.number(),
  transform: z.string().transform(Number),
  preprocess: z.preprocess((value) => value, z.string()),
  date: z.date(),
  catch: z.int().catch(3),
  URL: z.url(),
  'case-blind pattern': z.string().regex(/a/i),
  'refinement with a default': z
    .string()
    .refine((text) => text !== 'q')
    .default('x')
    .describe('Said.'),
};
test.each(Object.entries(unsaid))('what JSON Schema cannot say of a %s is marked in its place', (_name, schema) => {
  const [action] = describeContract([
    defineAction({ name: 'x', summary: '', request: z.object({ it: schema, no: z.string() }), response: z.null() }),
  ]).actions;
  expect(action?.request.schema).not.toHaveProperty('x-refined');
  expect(action?.request.schema.properties).toMatchObject({ it: { 'x-refined': true }, no: { type: 'string' } });
  expect(action?.request.schema.properties?.['no']).not.toHaveProperty('x-refined');
});

test.each([
  ['of its own', secret(z.string()).prefault('hush'), 'it'],
  ['of what holds it', z.object({ word: secret(z.string()) }).prefault({ word: 'hush' }), 'it.word'],
  ['of a list', z.array(secret(z.string())).prefault(['hush']), 'it[]'],
])('no default tells a secret: one %s', (_whose, it, path) => {
  const [action] = describeContract([
    defineAction({ name: 'x', summary: '', request: z.object({ it }), response: z.null() }),
  ]).actions;
  expect(action?.request.secrets).toEqual([path]);
  expect(JSON.stringify(action)).not.toContain('hush');
});

test('what repeats itself has each secret place once', () => {
  const tree = z.object({
    key: secretText,
    get branches() {
      return z.array(tree);
    },
  });
  const [action] = describeContract([
    defineAction({ name: 'x', summary: '', request: z.object({ tree }), response: tree }),
  ]).actions;
  expect(action?.request.secrets).toEqual(['tree.key']);
  expect(action?.response.secrets).toEqual(['key']);
});
