import { expect, it } from 'vitest';
import { createBrokerGate } from '../../src/cli/call/batch/broker-gate.js';
import { batchLines, type BatchLine } from '../../src/cli/call/batch/lines.js';
import { createProgress } from '../../src/cli/call/batch/progress.js';
import { perform, type PerformParts } from '../../src/cli/call/batch/perform.js';
import { createTally } from '../../src/cli/call/batch/tally.js';
import { createWorkerReturn } from '../../src/cli/call/batch/worker-return.js';
import { targetOf } from '../../src/cli/call/target.js';
import { RpcError, type TransportStatus } from '../../src/index.js';
import type { CommandParts } from '../../src/cli/command-parts.js';
import { createManualClock } from '../../src/testing/index.js';
import { recordedTerminal } from './recorded-terminal.js';

async function linesOf(...chunks: (string | Buffer)[]): Promise<BatchLine[]> {
  const lines: BatchLine[] = [];
  async function* stream() {
    yield* chunks;
  }
  for await (const line of batchLines(stream())) lines.push(line);
  return lines;
}

it('reads a line as soon as it is there, however it was cut, and counts empty ones', async () => {
  const text = Buffer.from('\uFEFF{"body": {"a": "é"}, "id": 7}\r\n\r\n{"body": {}, "timeout": "5s"}');
  const split = text.indexOf('é') + 1;
  expect(await linesOf(text.subarray(0, split), text.subarray(split))).toEqual([
    { number: 1, id: 7, request: { body: { a: 'é' } } },
    { number: 3, request: { body: {}, timeoutMs: 5_000 } },
  ]);
});

it('takes no line whose bytes are no UTF-8: another text than was meant would be sent', async () => {
  const [wrong, right] = await linesOf(Buffer.from('{"body": {"a": "\u00e9"}}\n', 'latin1'), '{"body": {}}');
  expect(wrong).toEqual({ number: 1, problem: 'expected UTF-8, got other bytes' });
  expect(right).toMatchObject({ number: 2 });
});

it.each([
  ['no JSON', '{', /expected JSON/],
  ['no object', '[]', /the line: /],
  ['no body', '{}', /body: expected an object/],
  ['a body that is none', '{"body": []}', /body: expected an object/],
  ['an unknown key', '{"body": {}, "bdoy": 1}', /bdoy/],
  ['a timeout without a unit', '{"body": {}, "timeout": "5"}', /timeout: expected a duration/],
  ['a key that no store takes', '{"body": {}, "key": "ä"}', /key: expected 1 to 255/],
  ['too many levels', `{"body": {"a": ${'['.repeat(70)}${']'.repeat(70)}}}`, /64 levels/],
])('says what is wrong with a line with %s, and goes on', async (_what, text, problem) => {
  const [wrong, right] = await linesOf(`${text}\n{"body": {}}\n`);
  expect(wrong).toMatchObject({ number: 1, problem: expect.stringMatching(problem) as string });
  expect(right).toMatchObject({ number: 2, request: { body: {} } });
});

it('keeps the id of a line that is wrong', async () => {
  expect(await linesOf('{"id": "x", "body": 1}')).toMatchObject([{ id: 'x' }]);
});

it('does not hold a line without an end', async () => {
  const part = 'x'.repeat(1024 * 1024);
  const [first, second] = await linesOf(...Array.from({ length: 40 }, () => part), '\n{"body": {}}');
  expect(first).toMatchObject({ number: 1, problem: expect.stringContaining('at most') as string });
  expect(second).toMatchObject({ number: 2, request: { body: {} } });
});

it('draws the progress ten times a second at most, with what is left, and takes it away', async () => {
  const clock = createManualClock();
  const drawn: string[] = [];
  const tally = createTally();
  const progress = createProgress({ redraw: (line) => void drawn.push(line), clock, tally, total: 1_000 });
  for (let line = 1; line <= 500; line++) {
    tally.add({ line, code: line === 1 ? 'busy' : 'ok', outcome: 'executed' });
    progress.update();
  }
  await clock.advance(99);
  expect(drawn).toEqual([]);
  await clock.advance(1);
  expect(drawn).toEqual(['[############------------] 500/1,000, 1 failed, 5,000/s, 1 s left']);
  progress.update();
  progress.end();
  await clock.advance(1_000);
  expect(drawn.slice(1)).toEqual(['']);
});

it('waits for a broker that has gone, once for all, and for five minutes at most', async () => {
  const clock = createManualClock();
  let status: TransportStatus = 'ready';
  const heard: string[] = [];
  const transport = {
    get status() {
      return status;
    },
    health: () => ({ status, since: 0, reconnects: 0, counters: {}, reason: 'the connection was lost' }),
  };
  const gate = createBrokerGate({
    transport,
    clock,
    signal: new AbortController().signal,
    onAway: (reason) => void heard.push(reason),
    onBack: () => void heard.push('back'),
    onGivenUp: () => void heard.push('given up'),
  });
  await gate();
  expect(heard).toEqual([]);
  status = 'connecting';
  const waiting = Promise.all([gate(), gate()]);
  await clock.advance(10_000);
  expect(heard).toEqual(['the connection was lost']);
  status = 'ready';
  await clock.advance(100);
  await waiting;
  expect(heard).toEqual(['the connection was lost', 'back']);
  status = 'blocked';
  const longer = gate();
  await clock.advance(301_000);
  await longer;
  expect(heard.at(-1)).toBe('given up');
});

it('makes a call again whose worker is not back yet though its broker is, for ten seconds at most', async () => {
  const clock = createManualClock();
  let reconnects = 0;
  const health = () => ({ status: 'ready' as const, since: 0, reconnects, counters: {} });
  const { signal } = new AbortController();
  const target = await targetOf({ url: 'amqp://h' }, {
    terminal: recordedTerminal(),
    env: {},
    cwd: '/',
    signal,
  } as unknown as CommandParts);
  let isBack = false;
  const client: PerformParts['client'] = {
    call: () => (isBack ? Promise.resolve({} as never) : Promise.reject(new RpcError('unroutable', 'not there'))),
    send: () => Promise.resolve(),
  };
  const mayReturn = createWorkerReturn({ health }, clock);
  const parts: PerformParts = {
    ...{ client, target, flags: {}, action: 'a', clock, signal, mayReturn },
    onNote: () => undefined,
  };
  const make = async () => (await perform({ number: 1, request: { body: {}, to: 'node-1' } }, parts)).record.code;
  expect(await make()).toBe('unroutable');

  reconnects = 1;
  const waiting = make();
  await clock.advance(5_000);
  isBack = true;
  await clock.advance(200);
  expect(await waiting).toBe('ok');

  isBack = false;
  const lost = make();
  await clock.advance(5_000);
  expect(await lost).toBe('unroutable');
});
