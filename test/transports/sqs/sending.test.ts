import { expect, test } from 'vitest';
import type { TransportError } from '../../../src/core/transport.js';
import { createLab, request } from './lab.js';

const queue = 'samovar-jobs.fifo';

const reply = () => ({ id: request().id, body: '{}', headers: {} });

const failure = (sending: Promise<void>): Promise<TransportError> =>
  sending.then(
    () => Promise.reject(new Error('expected the send to fail')),
    (error: unknown) => error as TransportError,
  );

test('a lone send is one call, and waits for no other', async () => {
  const { addressed, transport, calls, ended, clock } = createLab();
  await addressed('jobs');
  const sender = transport();
  await ended(sender.send('jobs', request()));
  const startMs = clock.monotonicMs();
  await ended(sender.send('jobs', request()));
  expect(clock.monotonicMs()).toBe(startMs);
  expect(calls('SendMessageBatch', queue)).toBe(2);
  await sender.close();
});

test('what is sent in one turn leaves in batches of ten, each with its own fate', async () => {
  const { addressed, transport, calls, ended, drain } = createLab();
  await addressed('jobs');
  const sender = transport();
  const sent = Array.from({ length: 100 }, () => request());
  await ended(Promise.all(sent.map((each) => sender.send('jobs', each))));
  expect(calls('SendMessageBatch', queue)).toBe(10);
  const got = await drain(queue);
  expect(got.map(({ attributes }) => attributes['id']).sort()).toEqual(sent.map(({ id }) => id).sort());
  await sender.close();
});

test('never two of one group in one batch, and a group arrives in the order of its sends', async () => {
  const { addressed, transport, emulator, ended, drain } = createLab();
  await addressed('jobs');
  const sender = transport();
  const sent = Array.from({ length: 60 }, (_, index) => request({ groupKey: `g${index % 3}` }));
  await ended(Promise.all(sent.map((each) => sender.send('jobs', each))));
  for (const { action, input } of emulator.calls) {
    if (action !== 'SendMessageBatch') continue;
    const groups = (input['Entries'] as { MessageGroupId: string }[]).map(({ MessageGroupId }) => MessageGroupId);
    expect(new Set(groups).size).toBe(groups.length);
  }
  const got = await drain(queue);
  for (const group of ['g0', 'g1', 'g2']) {
    const ids = got.filter(({ groupId }) => groupId === group).map(({ attributes }) => attributes['id']);
    expect(ids).toEqual(sent.filter(({ groupKey }) => groupKey === group).map(({ id }) => id));
  }
  await sender.close();
});

test('a batch stays under what SQS takes together', async () => {
  const { addressed, transport, calls, ended } = createLab();
  await addressed('jobs');
  const sender = transport();
  const body = JSON.stringify('x'.repeat(300_000));
  await ended(Promise.all(Array.from({ length: 6 }, () => sender.send('jobs', request({ body })))));
  expect(calls('SendMessageBatch', queue)).toBe(2);
  await sender.close();
});

test.each([
  'reset after',
  'hang after',
  'truncated body',
  'wrong md5',
  'error 500',
  'reset before',
  'throttled',
] as const)('a send that meets "%s" is made again and arrives once', async (then) => {
  const { addressed, transport, emulator, ended, drain } = createLab();
  await addressed('jobs');
  const sender = transport();
  emulator.fault({ action: 'SendMessageBatch', then, times: 2 });
  await ended(sender.send('jobs', request({ id: 'once' })));
  const got = await drain(queue);
  expect(got.map(({ attributes }) => attributes['id'])).toEqual(['once']);
  await sender.close();
});

test('whatever becomes of calls, each group arrives in order and once', async () => {
  const faults = (['reset after', 'hang after', 'partial failure', 'throttled', 'error 503'] as const).map((then) => ({
    ...{ action: 'SendMessageBatch', rate: 0.15, then },
  }));
  const { addressed, transport, emulator, ended, drain } = createLab();
  await addressed('jobs');
  for (const fault of faults) emulator.fault(fault);
  const sender = transport();
  const sent = Array.from({ length: 200 }, (_, index) => request({ groupKey: `g${index % 7}` }));
  await ended(Promise.all(sent.map((each) => sender.send('jobs', each))), 3_600_000);
  const got = await drain(queue);
  for (let group = 0; group < 7; group += 1) {
    const ids = got.filter(({ groupId }) => groupId === `g${group}`).map(({ attributes }) => attributes['id']);
    expect(ids).toEqual(sent.filter(({ groupKey }) => groupKey === `g${group}`).map(({ id }) => id));
  }
  await sender.close();
});

test('only what failed of a batch is sent again', async () => {
  const { addressed, transport, emulator, ended, calls } = createLab();
  await addressed('jobs');
  const sender = transport();
  await ended(sender.send('jobs', request()));
  emulator.fault({ action: 'SendMessageBatch', then: 'partial failure', times: 1 });
  await ended(Promise.all(Array.from({ length: 10 }, () => sender.send('jobs', request()))));
  const entries = emulator.calls
    .filter(({ action }) => action === 'SendMessageBatch')
    .map(({ input }) => (input['Entries'] as unknown[]).length);
  expect(entries[1]).toBe(10);
  expect(entries.slice(2).every((count) => count < 10)).toBe(true);
  expect(calls('SendMessageBatch')).toBeGreaterThan(2);
  await sender.close();
});

test('one that SQS refuses takes no other of its batch down with it', async () => {
  const { addressed, transport, emulator, ended, drain } = createLab();
  await addressed('jobs');
  const sender = transport();
  emulator.fault({
    ...{ action: 'SendMessageBatch', then: { error: 'InvalidParameterValue' } },
    when: ({ input }) => JSON.stringify(input).includes('bad'),
  });
  const sending = Array.from({ length: 10 }, (_, index) =>
    sender.send('jobs', request({ body: index === 4 ? '"bad"' : '"good"' })),
  );
  const settled = await ended(Promise.allSettled(sending));
  expect(settled.map(({ status }) => status === 'fulfilled')).toEqual(sending.map((_, index) => index !== 4));
  expect(settled[4]).toMatchObject({ reason: { code: 'rejected', sent: 'no' } });
  expect(await drain(queue)).toHaveLength(9);
  await sender.close();
});

test('throttling makes no hot loop', async () => {
  const { addressed, transport, emulator, ended, calls, clock } = createLab();
  await addressed('jobs');
  const sender = transport();
  const fault = emulator.fault({ action: 'SendMessageBatch', then: 'throttled' });
  const sending = Promise.all(Array.from({ length: 500 }, () => sender.send('jobs', request())));
  await clock.advance(60_000);
  expect(calls('SendMessageBatch')).toBeLessThan(60);
  fault.remove();
  await ended(sending);
  await sender.close();
});

test('a send to an address that nobody has consumed is unroutable, and asked about once', async () => {
  const { transport, addressed, ended, calls } = createLab();
  const sender = transport();
  const errors = await ended(Promise.all(Array.from({ length: 20 }, () => failure(sender.send('jobs', request())))));
  for (const { code, sent } of errors) expect([code, sent]).toEqual(['unroutable', 'no']);
  expect(calls('GetQueueUrl')).toBe(1);
  await addressed('jobs');
  await ended(sender.send('jobs', request()).catch(() => sender.send('jobs', request())));
  await sender.close();
});

test('an address that no queue can have is unroutable, and says what one looks like', async () => {
  const { transport, ended, calls } = createLab();
  const sender = transport();
  for (const address of ['a b', 'node.example.com', 'x'.repeat(80), 'jobs-dlq', 'https://127.0.0.1:9/evil', '']) {
    const { code, message } = await ended(failure(sender.send(address, request())));
    expect(code).toBe('unroutable');
    expect(message).toMatch(/letters, digits/);
  }
  expect(calls('GetQueueUrl')).toBe(0);
  await sender.close();
});

test('a queue that was deleted is unroutable, and one that is there again is found', async () => {
  const { transport, addressed, ended, api, clock } = createLab();
  const url = await addressed('jobs');
  const sender = transport();
  await ended(sender.send('jobs', request()));
  await api.deleteQueue(url);
  await clock.advance(61_000);
  expect((await ended(failure(sender.send('jobs', request())))).code).toBe('unroutable');
  await addressed('jobs');
  await clock.advance(2_000);
  await ended(sender.send('jobs', request()));
  await sender.close();
});

test('a reply goes to its inbox, and to one that is gone it is unroutable at once', async () => {
  const { transport, ended, drain, api, clock } = createLab();
  const sender = transport();
  const url = await api.createQueue('samovar-inbox-1', {});
  const reply = (id: string) => sender.send('samovar-inbox-1', { id, body: '{}', headers: {}, correlationId: id });
  await ended(Promise.all([reply('r1'), reply('r2')]));
  const got = await drain('samovar-inbox-1');
  expect(got.map(({ attributes }) => attributes['correlation-id']).sort()).toEqual(['r1', 'r2']);
  await api.deleteQueue(url);
  const startMs = clock.monotonicMs();
  expect((await ended(failure(reply('r3')))).code).toBe('unroutable');
  expect(clock.monotonicMs()).toBe(startMs);
  await sender.close();
});

test('while SQS is away a send waits until it expires, and says whether it may have arrived', async () => {
  const { transport, addressed, ended, emulator, clock } = createLab();
  await addressed('jobs');
  const sender = transport();
  await ended(sender.send('jobs', request()));
  emulator.fault({ then: 'hang' });
  const expiresAt = clock.now() + 30_000;
  const error = await ended(failure(sender.send('jobs', request({ expiresAt }))));
  expect([error.code, error.sent]).toEqual(['unavailable', 'maybe']);
  expect(clock.now() - expiresAt).toBeLessThan(11_000);
  expect(sender.status).toBe('connecting');
  expect(sender.health().reason).toMatch(/SendMessageBatch/);
  const throttled = emulator.fault({ then: 'throttled' });
  throttled.remove();
  await sender.close();
});

test('what was never done is not said to have been sent', async () => {
  const { transport, addressed, ended, emulator, clock } = createLab();
  await addressed('jobs');
  const sender = transport();
  emulator.fault({ action: 'SendMessageBatch', then: 'throttled' });
  const error = await ended(failure(sender.send('jobs', request({ expiresAt: clock.now() + 5_000 }))));
  expect([error.code, error.sent]).toEqual(['unavailable', 'no']);
  await sender.close();
});

test('a send is given up by its signal while it waits, and left alone once it is on its way', async () => {
  const { transport, addressed, ended, emulator, clock } = createLab();
  await addressed('jobs');
  const sender = transport();
  await ended(sender.send('jobs', request()));
  const fault = emulator.fault({ action: 'SendMessageBatch', then: { delayMs: 2_000 } });
  const ending = new AbortController();
  const first = sender.send('jobs', request({ groupKey: 'g' }), { signal: ending.signal });
  const second = failure(sender.send('jobs', request({ groupKey: 'g' }), { signal: ending.signal }));
  await clock.advance(500);
  ending.abort();
  await ended(first);
  expect((await ended(second)).code).toBe('cancelled');
  fault.remove();
  await sender.close();
});

test('access that is denied fails a send at once, and expired credentials are waited for', async () => {
  const { transport, addressed, ended, emulator, clock } = createLab();
  await addressed('jobs');
  const sender = transport();
  const denied = emulator.fault({ action: 'SendMessageBatch', then: 'access denied' });
  const error = await ended(failure(sender.send('jobs', request())));
  expect([error.code, error.sent]).toEqual(['setup', 'no']);
  expect(error.message).toContain(queue);
  denied.remove();
  const expired = emulator.fault({ action: 'SendMessageBatch', then: 'expired credentials' });
  const sending = sender.send('jobs', request());
  await clock.advance(30_000);
  expired.remove();
  await ended(sending);
  await sender.close();
});

test('without credentials the first send fails at once and says so; where they were there once, they are waited for', async () => {
  const { transport, addressed, ended, emulator, clock } = createLab();
  await addressed('jobs');
  let isWithout = true;
  const none = Object.assign(new Error('Could not load credentials from any providers'), {
    name: 'CredentialsProviderError',
  });
  const requestHandler = {
    ...emulator.requestHandler,
    handle: (...call: Parameters<typeof emulator.requestHandler.handle>) =>
      isWithout ? Promise.reject(none) : emulator.requestHandler.handle(...call),
  };
  const sender = transport({ requestHandler });
  const error = await ended(failure(sender.send('jobs', request())), 1_000);
  expect([error.code, error.sent]).toEqual(['setup', 'no']);
  expect(error.message).toMatch(/AWS_ACCESS_KEY_ID/);
  isWithout = false;
  await ended(sender.send('jobs', request()));
  isWithout = true;
  const sending = sender.send('jobs', request());
  await clock.advance(30_000);
  isWithout = false;
  await ended(sending);
  await sender.close();
});

test('a reply waits for the queue of a caller that has just begun, and not for one that is gone', async () => {
  const { transport, api, ended, emulator, clock, calls } = createLab();
  const inbox = 'samovar-inbox-new';
  await api.createQueue(inbox, {});
  // "You must wait at least one second after the queue is created to be able to use the queue."
  emulator.fault({ action: 'GetQueueUrl', queue: inbox, times: 1, then: { error: 'QueueDoesNotExist' } });
  const sender = transport();
  await ended(sender.send(inbox, reply()), 2_000);
  await api.deleteQueue((await api.queueUrl(inbox)) ?? '');
  const startMs = clock.monotonicMs();
  expect((await ended(failure(sender.send(inbox, reply())))).code).toBe('unroutable');
  expect(clock.monotonicMs() - startMs).toBeLessThan(500);
  const never = 'samovar-inbox-never';
  expect((await ended(failure(sender.send(never, reply())))).code).toBe('unroutable');
  expect(clock.monotonicMs() - startMs).toBeLessThan(4_000);
  const secondMs = clock.monotonicMs();
  expect((await ended(failure(sender.send(never, reply())))).code).toBe('unroutable');
  expect(clock.monotonicMs() - secondMs).toBeLessThan(500);
  expect(calls('GetQueueUrl', never)).toBeLessThanOrEqual(4);
  await sender.close();
});

test('what nobody knows about for almost five minutes is given up: a later try might be a second message', async () => {
  const { transport, addressed, ended, emulator, clock } = createLab();
  await addressed('jobs');
  const sender = transport();
  await ended(sender.send('jobs', request()));
  emulator.fault({ action: 'SendMessageBatch', then: 'reset after' });
  const startMs = clock.monotonicMs();
  const error = await ended(failure(sender.send('jobs', request())), 400_000);
  expect([error.code, error.sent]).toEqual(['unavailable', 'maybe']);
  expect(clock.monotonicMs() - startMs).toBeLessThan(300_000);
  await sender.close();
});

test('sends that wait are bounded', async () => {
  const { transport, addressed, ended, emulator, clock } = createLab();
  await addressed('jobs');
  const sender = transport({ maxWaitingSends: 5 });
  const fault = emulator.fault({ action: 'SendMessageBatch', then: 'throttled' });
  const waiting = Array.from({ length: 5 }, () => sender.send('jobs', request()));
  expect((await ended(failure(sender.send('jobs', request())))).code).toBe('busy');
  expect(sender.health().counters['waiting_sends']).toBe(5);
  fault.remove();
  await clock.advance(10_000);
  await ended(Promise.all(waiting));
  await sender.close();
});

test('a message is measured as SQS measures it, attributes included', async () => {
  const { transport, addressed, ended, calls } = createLab();
  await addressed('jobs');
  const sender = transport();
  const most = sender.traits.maxBodyBytes;
  await ended(sender.send('jobs', request({ body: 'x'.repeat(most) })));
  for (const over of [
    request({ body: 'x'.repeat(most + 1) }),
    request({ body: 'x'.repeat(most), headers: { long: 'y'.repeat(20_000) } }),
    // Each of these is six characters once it is escaped.
    request({ body: JSON.stringify('\ufffe'.repeat(200_000)) }),
  ]) {
    const error = await ended(failure(sender.send('jobs', over)));
    expect([error.code, error.sent]).toEqual(['too_large', 'no']);
  }
  expect(calls('SendMessageBatch')).toBe(1);
  await sender.close();
});

test('what a smaller queue does not take is too_large, and its batch goes on', async () => {
  const { transport, api, ended, drain } = createLab();
  await api.createQueue(queue, { FifoQueue: 'true', MaximumMessageSize: '262144' });
  const sender = transport();
  const small = sender.send('jobs', request());
  const large = failure(sender.send('jobs', request({ body: JSON.stringify('x'.repeat(300_000)) })));
  await ended(small);
  expect([(await ended(large)).code, (await large).sent]).toEqual(['too_large', 'no']);
  expect(await drain(queue)).toHaveLength(1);
  await sender.close();
});

test('closing hears of what is on its way, and tells the rest', async () => {
  const { transport, addressed, ended, emulator, clock, drain } = createLab();
  await addressed('jobs');
  const sender = transport();
  await ended(sender.send('jobs', request()));
  emulator.fault({ action: 'SendMessageBatch', then: { delayMs: 3_000 }, times: 1 });
  const first = sender.send('jobs', request());
  await clock.advance(100);
  const closing = sender.close();
  expect((await ended(failure(sender.send('jobs', request())))).code).toBe('closed');
  await ended(first);
  await ended(closing);
  expect(await drain(queue)).toHaveLength(2);
  expect(sender.status).toBe('closed');
});

test('what is on its way when its transport closes, while others wait after a failure, is heard of', async () => {
  const { transport, addressed, ended, emulator, clock, drain } = createLab();
  await addressed('jobs');
  const sender = transport();
  await ended(sender.send('jobs', request()));
  emulator.fault({ action: 'SendMessageBatch', then: { delayMs: 3_000 }, times: 1 });
  emulator.fault({ action: 'SendMessageBatch', then: 'throttled' });
  const first = Array.from({ length: 10 }, () => sender.send('jobs', request()));
  const second = Array.from({ length: 10 }, () => failure(sender.send('jobs', request())));
  await clock.advance(1);
  const closing = sender.close();
  await ended(Promise.all(first));
  expect((await ended(Promise.all(second))).map(({ code, sent }) => [code, sent])).toEqual(
    second.map(() => ['closed', 'no']),
  );
  await ended(closing);
  expect(await drain(queue)).toHaveLength(11);
});

test('closing does not wait for what cannot be sent', async () => {
  const { transport, addressed, ended, emulator, clock } = createLab();
  await addressed('jobs');
  const sender = transport();
  emulator.fault({ action: 'SendMessageBatch', then: 'hang' });
  const sending = failure(sender.send('jobs', request()));
  await clock.advance(100);
  await ended(sender.close(), 30_000);
  const error = await ended(sending);
  expect([error.code, error.sent]).toEqual(['closed', 'maybe']);
  expect(clock.pending()).toBe(0);
});

test('a sender with nothing to do keeps nothing, not even a timer', async () => {
  const { transport, addressed, ended, clock } = createLab();
  await addressed('jobs');
  const sender = transport();
  await ended(Promise.all(Array.from({ length: 50 }, () => sender.send('jobs', request()))));
  await clock.advance(100);
  expect(sender.health().counters['waiting_sends']).toBe(0);
  expect(clock.pending()).toBe(0);
  await sender.close();
});
