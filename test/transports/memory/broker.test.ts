import { expect, test } from 'vitest';
import type { TransportError } from '../../../src/core/transport.js';
import { createMemoryTransport } from '../../../transports/memory/index.js';
import { collect, createBench, idsOf, never, request } from './harness.js';

const failed = (sending: Promise<void>): Promise<TransportError> =>
  sending.then(
    () => Promise.reject(new Error('expected the send to fail')),
    (error: unknown) => error as TransportError,
  );

test('a full address rejects, until there is room', async () => {
  const { clock, broker } = createBench({ maxQueueLength: 2 });
  const worker = broker.connect();
  const seen = await collect(worker, 'n', never, 1);
  await worker.send('n', request('1'));
  await clock.advance(0);
  await worker.send('n', request('2'));
  await worker.send('n', request('3'));
  const error = await failed(worker.send('n', request('4')));
  expect([error.code, error.sent]).toEqual(['rejected', 'no']);
  expect(broker.depth('n')).toBe(2);
  expect(idsOf(seen)).toEqual(['1']);
});

test('what has expired in front makes room', async () => {
  const { clock, broker } = createBench({ maxQueueLength: 2 });
  const worker = broker.connect();
  const consumer = await worker.consume('n', { actions: ['a'], intake: 1 }, never);
  await consumer.stop();
  for (const id of ['1', '2']) await worker.send('n', request(id, { expiresAt: clock.now() + 1_000 }));
  await clock.advance(1_000);
  await worker.send('n', request('3'));
  expect(broker.depth('n')).toBe(1);
  expect(broker.counters).toMatchObject({ expired: 2 });
});

test('a quarantine that is full gives the delivery back after a second, uncounted', async () => {
  const { clock, broker } = createBench({ maxDeadLetters: 1 });
  const worker = broker.connect();
  const seen = await collect(worker, 'n', async () => ({ kind: 'quarantine', reason: 'why not' }));
  await worker.send('n', request('1'));
  await worker.send('n', request('2'));
  await clock.advance(0);
  expect(broker.deadLetters('n')).toMatchObject([{ reason: 'why not', message: { id: '1' }, attempts: 1 }]);
  await clock.advance(2_000);
  expect(seen.filter(({ message }) => message.id === '2').map(({ attempt }) => attempt)).toEqual([1, 1, 1]);
  expect(broker.counters).toMatchObject({ quarantine_full: 3 });
});

test('while the broker is down a send waits, until its message expires, its signal aborts or the transport closes', async () => {
  const { clock, broker } = createBench();
  const worker = broker.connect();
  const seen = await collect(worker, 'n');
  broker.stop();
  expect(worker.status).toBe('connecting');
  const signal = new AbortController();
  const late = failed(worker.send('n', request('late', { expiresAt: clock.now() + 1_000 })));
  const given = failed(worker.send('n', request('given up'), { signal: signal.signal }));
  const sent = worker.send('n', request('sent', { expiresAt: clock.now() + 10_000 }));
  expect(worker.health()).toMatchObject({ status: 'connecting', counters: { waiting_sends: 3 } });
  signal.abort();
  await clock.advance(1_000);
  expect(await late).toMatchObject({ code: 'unavailable', sent: 'no' });
  expect(await given).toMatchObject({ code: 'cancelled', sent: 'no' });
  broker.start();
  await sent;
  await clock.advance(0);
  expect(idsOf(seen)).toEqual(['sent']);
  expect(worker.health()).toMatchObject({ status: 'ready', reconnects: 1, counters: { waiting_sends: 0 } });
  broker.stop();
  const closed = failed(worker.send('n', request('closed')));
  await worker.close();
  expect(await closed).toMatchObject({ code: 'closed', sent: 'no' });
  expect(clock.pending()).toBe(0);
});

test('a transport that starts before its broker waits for it', async () => {
  const { clock, broker } = createBench();
  broker.stop();
  const worker = broker.connect();
  expect(worker.status).toBe('connecting');
  const consuming = collect(worker, 'n');
  broker.start();
  const seen = await consuming;
  await worker.send('n', request('1'));
  await clock.advance(0);
  expect(idsOf(seen)).toEqual(['1']);
  expect(worker.health().reconnects).toBe(0);
});

test('only so many sends wait; the next one is busy', async () => {
  const { broker } = createBench({ maxWaitingSends: 2 });
  const worker = broker.connect();
  broker.stop();
  const waiting = [failed(worker.send('n', request('1'))), failed(worker.send('n', request('2')))];
  expect(await failed(worker.send('n', request('3')))).toMatchObject({ code: 'busy', sent: 'no' });
  await worker.close();
  expect((await Promise.all(waiting)).map(({ code }) => code)).toEqual(['closed', 'closed']);
});

test('a broker that blocks holds up senders, not workers', async () => {
  const { clock, broker } = createBench();
  const worker = broker.connect();
  const seen = await collect(worker, 'n');
  await worker.send('n', request('1'));
  broker.block();
  expect(worker.status).toBe('blocked');
  const waits = worker.send('n', request('2'));
  const late = failed(worker.send('n', request('3', { expiresAt: clock.now() + 500 })));
  await clock.advance(500);
  expect(idsOf(seen)).toEqual(['1']);
  expect(await late).toMatchObject({ code: 'blocked', sent: 'no' });
  broker.unblock();
  await waits;
  await clock.advance(0);
  expect(idsOf(seen)).toEqual(['1', '2']);
});

test('a cut lasts as long as it is told to', async () => {
  const { clock, broker } = createBench();
  const worker = broker.connect();
  worker.cut({ downMs: 5_000 });
  await clock.advance(4_999);
  expect(worker.status).toBe('connecting');
  await clock.advance(1);
  expect(worker.status).toBe('ready');
});

test('a send on its way is unknown once its connection is cut, arrived or not', async () => {
  const { clock, broker } = createBench({
    fate: (_, { id }) => (id === 'lost' ? 'lost' : id === 'unconfirmed' ? 'unconfirmed' : 'arrives'),
  });
  const [caller, worker] = [broker.connect(), broker.connect()];
  const seen = await collect(worker, 'n');
  const errors = ['lost', 'unconfirmed'].map((id) => failed(caller.send('n', request(id))));
  await caller.send('n', request('confirmed'));
  caller.cut();
  await clock.advance(0);
  for (const error of errors) expect(await error).toMatchObject({ code: 'unavailable', sent: 'maybe' });
  expect(idsOf(seen)).toEqual(['unconfirmed', 'confirmed']);
});

test('nobody shares a message that can be changed', async () => {
  const { clock, broker } = createBench();
  const worker = broker.connect();
  const seen = await collect(worker, 'n');
  const headers = { 'x-a': '1' };
  await worker.send('n', request('1', { headers }));
  await clock.advance(0);
  const got = seen[0]?.message;
  expect(got).toStrictEqual(request('1', { headers }));
  expect(got?.headers).not.toBe(headers);
  expect(Object.isFrozen(got) && Object.isFrozen(got?.headers)).toBe(true);
});

test('two memory transports know nothing of each other', async () => {
  const [one, other] = [createMemoryTransport(), createMemoryTransport({ user: 'ann' })];
  await collect(one, 'n');
  expect(await failed(other.send('n', request('1')))).toMatchObject({ code: 'unroutable' });
  await Promise.all([one.close(), other.close()]);
});

test('an intake that is no number is refused', async () => {
  const { broker } = createBench();
  await expect(broker.connect().consume('n', { actions: ['a'], intake: 0 }, never)).rejects.toThrow(/intake.*got 0/);
});

test('a hundred thousand messages leave nothing behind', async () => {
  const { clock, broker } = createBench();
  const worker = broker.connect();
  let received = 0;
  const inbox = await worker.openInbox({ receive: () => void (received += 1), lost: () => undefined });
  await worker.consume('n', { actions: ['a'], intake: 256 }, async ({ message }) => {
    await worker.send(inbox.address, { id: message.id, body: '', headers: {} });
    return { kind: 'ack' };
  });
  for (let sent = 0; sent < 100_000; sent += 1) {
    await worker.send('n', request(String(sent), { groupKey: `group ${sent}` }));
    if (sent % 1_000 === 0) await clock.advance(0);
  }
  while (received < 100_000) await clock.advance(0);
  expect([broker.depth('n'), broker.depth(inbox.address)]).toEqual([0, 0]);
  await worker.close();
  expect(clock.pending()).toBe(0);
});
