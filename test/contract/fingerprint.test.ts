import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { describeContract } from '../../src/contract/contract.js';
import { contractFingerprint, fingerprintOf } from '../../src/core/contract-fingerprint.js';
import { createClient, defineAction, defineHandler, RpcError, startServer, type Action } from '../../src/index.js';
import { createMemoryTransport } from '../../transports/memory/index.js';
import { createUsers, exampleActions } from './example-actions.js';
import { nastyActions } from './nasty-actions.js';

const answer = defineAction({
  name: 'answer',
  summary: 'Answers.',
  to: 'node',
  request: z.object({ title: z.string(), size: z.int().optional() }),
  response: z.null(),
  errors: { late: z.null() },
});
const older = defineAction({ ...answer, to: 'node', request: z.object({ title: z.union([z.string(), z.int()]) }) });

async function stage() {
  const transport = createMemoryTransport();
  const told: unknown[] = [];
  const ignored = () => undefined;
  const debug = (details: object, message: string) => {
    if (message.includes('contract')) told.push(details);
  };
  const log = { debug, info: ignored, warn: ignored, error: ignored };
  const headers: unknown[] = [];
  const handler = defineHandler(answer, { run: () => null });
  const server = await startServer({
    transport,
    address: 'node',
    handlers: [handler],
    log,
    authorize: (request) => headers.push(request.headers) > 0,
  });
  const client = createClient({ transport });
  onTestFinished(async () => {
    await client.close();
    await server.stop();
  });
  return { client, told, headers };
}

test('a call says which contract its caller knows', async () => {
  const { client, told, headers } = await stage();
  await client.call(answer, { title: 'a' });
  await client.call(answer, { title: 'a' }, { headers: { own: '1' }, idempotencyKey: 'once' });
  expect(headers).toEqual([
    { 'samovar-contract': contractFingerprint(answer) },
    { own: '1', 'samovar-contract': contractFingerprint(answer), 'samovar-idempotency-key': 'once' },
  ]);
  expect(told).toEqual([]);
});

test('another contract is told to the log once, and to the caller with what is wrong with its request', async () => {
  const { client, told } = await stage();
  await client.call(older, { title: 'fits as well' });
  const contract = { caller: contractFingerprint(older), worker: contractFingerprint(answer) };
  for (let nth = 0; nth < 3; nth++) {
    const error: unknown = await client.call(older, { title: 7 }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RpcError);
    expect(error).toMatchObject({
      code: 'invalid_request',
      outcome: 'not_executed',
      details: { errors: [{ location: ['title'] }], contract },
    });
  }
  expect(told).toEqual([{ action: 'answer', caller: undefined, contract }]);
});

test('who says nothing about a contract, or nothing legible, hears nothing of it', async () => {
  const { client, told, headers } = await stage();
  const nameAlone: Action = { ...answer, to: 'node', request: z.looseObject({}), otherErrors: z.unknown() };
  const error: unknown = await client.call(nameAlone, { title: 7 }).catch((thrown: unknown) => thrown);
  expect((error as RpcError).details).toEqual({ errors: [expect.objectContaining({ location: ['title'] })] });
  expect(headers).toEqual([{}]);
  expect(told).toEqual([]);
});

test('the fingerprint is of what travels, not of words about it', () => {
  const own = contractFingerprint(answer);
  const { request } = answer;
  const variant = (change: Partial<Action>): string => contractFingerprint({ ...answer, ...change } as Action);
  expect(own).toMatch(/^[0-9a-f]{12}$/);
  expect(variant({ summary: 'Else.', request: request.describe('All.').meta({ examples: [{ title: 'a' }] }) })).toBe(
    own,
  );
  const others = [
    variant({ request: request.extend({ more: z.string() }) }),
    variant({ request: z.object({ name: z.string(), size: z.int().optional() }) }),
    variant({ request: request.extend({ size: z.int().min(2).optional() }) }),
    variant({ response: z.string() }),
    variant({ errors: { slow: z.null() } }),
  ];
  expect(new Set([own, ...others]).size).toBe(6);
});

test('the contract that code is generated from has the fingerprint of its action', () => {
  for (const action of [...exampleActions, createUsers as Action, ...nastyActions]) {
    const [described] = describeContract([action]).actions;
    if (!described) throw new Error('expected one action');
    const { request, response, errors } = described;
    const schemas = Object.fromEntries(errors.map(({ name, schema }) => [name, schema]));
    expect(fingerprintOf({ request: request.schema, response: response.schema, errors: schemas }), action.name).toBe(
      contractFingerprint(action),
    );
  }
});
