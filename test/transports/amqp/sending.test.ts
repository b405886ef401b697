import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { sharedRabbitmq } from '../../support/shared-rabbitmq.js';
import { createGate, eventually, message, openLab, rejection, work, type Lab } from './lab.js';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab(await sharedRabbitmq());
});
afterEach(() => lab.sweep());
afterAll(() => lab.end());

describe('a send over AMQP', () => {
  test('is unroutable within a round trip, and its caller may go on', async () => {
    const caller = lab.connect();
    const worker = await work(lab.connect());
    await caller.send(worker.address, message());
    const tookMs: number[] = [];
    for (let count = 0; count < 10; count += 1) {
      const startMs = performance.now();
      const error = await rejection(caller.send('nobody', message()));
      expect([error.code, error.sent]).toEqual(['unroutable', 'no']);
      tookMs.push(performance.now() - startMs);
    }
    // The fastest: the machine may be busy with something else.
    expect(Math.min(...tookMs)).toBeLessThan(50);
    expect(caller.health().counters['returned']).toBe(10);
  });

  test.each(['durable', 'exclusive'] as const)(
    'that requires a worker fails within a few round trips where it was stopped, from a caller just connected with an inbox that is %s',
    async (inbox) => {
      const worker = await work(lab.connect());
      await worker.stop();
      const tookMs: number[] = [];
      for (let count = 0; count < 10; count += 1) {
        const caller = lab.connect({ inbox, replyRoute: 'request-exchange' });
        await caller.connect();
        const startMs = performance.now();
        const { address: replyTo } = await caller.openInbox({ receive: () => undefined, lost: () => undefined });
        const error = await rejection(caller.send(worker.address, message({ replyTo }), { requireWorker: true }));
        expect([error.code, error.sent]).toEqual(['no_worker', 'no']);
        tookMs.push(performance.now() - startMs);
        await caller.close();
      }
      // The fastest: the machine may be busy with something else.
      expect(Math.min(...tookMs)).toBeLessThan(50);
    },
  );

  test('is unroutable where there is no exchange and no right to make one, and takes no other send with it', async () => {
    const worker = await work(lab.connect());
    const { url } = await lab.broker.createUser({ virtualHost: lab.virtualHost, configure: '^$' });
    const caller = lab.connect({ url });
    await caller.send(worker.address, message());
    const sends = Array.from({ length: 40 }, (_, index) =>
      index % 4 === 0
        ? caller.send(worker.address, message({ action: 'no_such_exchange' }))
        : caller.send(worker.address, message()),
    );
    const results = await Promise.allSettled(sends);
    for (const [index, result] of results.entries()) {
      if (index % 4 !== 0) expect(result.status).toBe('fulfilled');
      else expect(result).toMatchObject({ reason: { code: 'unroutable', sent: 'no' } });
    }
    expect(caller.health().counters['channels_replaced']).toBe(0);
  });

  test('fails as a set-up error where publishing is forbidden, and takes no other send with it', async () => {
    const worker = await work(lab.connect(), undefined, { actions: ['greet', 'secret'] });
    const { url, name } = await lab.broker.createUser({ virtualHost: lab.virtualHost, write: '^greet$' });
    const caller = lab.connect({ url });
    await caller.send(worker.address, message());
    const forbidden = Array.from({ length: 3 }, () =>
      rejection(caller.send(worker.address, message({ action: 'secret' }))),
    );
    const allowed = Array.from({ length: 30 }, () => caller.send(worker.address, message()));
    await Promise.all(allowed);
    for (const error of await Promise.all(forbidden)) {
      expect([error.code, error.sent]).toEqual(['setup', 'no']);
      expect(error.message).toMatch(/write permission on exchange "secret"/);
    }
    expect(new Set(await Promise.all(forbidden)).size).toBe(3);
    expect(name).not.toBe('');
    expect(caller.health().counters['channels_replaced']).toBe(0);
  });

  test('after its exchange was deleted settles what was unconfirmed, and the next one is routed again', async () => {
    const worker = await work(lab.connect(), undefined, { actions: ['fleeting'] });
    const caller = lab.connect();
    await caller.send(worker.address, message({ action: 'fleeting' }));
    const channel = await (await lab.foreigner()).createChannel();
    await channel.deleteExchange('fleeting');
    const lost = await rejection(caller.send(worker.address, message({ action: 'fleeting' })));
    expect([lost.code, lost.sent]).toEqual(['unavailable', 'maybe']);
    // Nothing is bound to the new exchange until the worker is back.
    const error = await rejection(caller.send(worker.address, message({ action: 'fleeting' })));
    expect(error.code).toBe('unroutable');
  });

  test('is rejected where the queue is full, and may be tried again', async () => {
    const channel = await (await lab.foreigner()).createChannel();
    const limits = { 'x-max-length': 1, 'x-overflow': 'reject-publish' };
    await channel.assertQueue('full', { durable: true, arguments: limits });
    await channel.assertExchange('greet', 'direct', { durable: false });
    await channel.bindQueue('full', 'greet', 'full');
    const caller = lab.connect();
    await caller.send('full', message());
    const error = await rejection(caller.send('full', message()));
    expect([error.code, error.sent]).toEqual(['rejected', 'no']);
    expect(caller.health().counters['nacked']).toBe(1);
  });

  test.each([
    ['headers of 80 KiB', { headers: { 'x-large': 'x'.repeat(80 * 1024) } }],
    ['a correlation id of 256 bytes', { correlationId: 'x'.repeat(256) }],
    ['a reply address of 256 bytes', { replyTo: 'x'.repeat(256) }],
    ['an id of 300 bytes', { id: 'x'.repeat(300) }],
    ['a header that the broker would obey', { headers: { CC: 'node-1' } }],
    ['a header that only looks like one', { headers: { 'x-death': 'forged' } }],
  ])('is rejected with %s, and the channel stays', async (_, fields) => {
    const caller = lab.connect();
    const worker = await work(lab.connect());
    await caller.send(worker.address, message());
    const error = await rejection(caller.send(worker.address, message(fields)));
    expect([error.code, error.sent]).toEqual(['rejected', 'no']);
    await caller.send(worker.address, message());
    expect(caller.health().counters['channels_replaced']).toBe(0);
  });

  test('to an action whose name is too long for AMQP is a set-up error, and the others go on', async () => {
    const caller = lab.connect();
    const worker = await work(lab.connect());
    const error = await rejection(caller.send(worker.address, message({ action: 'x'.repeat(10_000) })));
    expect([error.code, error.sent]).toEqual(['setup', 'no']);
    await caller.send(worker.address, message());
  });

  test('expires in the broker when its time is over, however large or odd that time is', async () => {
    const caller = lab.connect();
    const worker = await work(lab.connect());
    const nowMs = Date.now();
    for (const expiresAt of [nowMs + 60_000.5, nowMs + 1e12, 8.64e15]) {
      await caller.send(worker.address, message({ expiresAt }));
    }
    await eventually(() => worker.seen.length === 3);
    for (const { timeToLiveMs = 0 } of worker.seen) expect(timeToLiveMs).toBeGreaterThan(59_000);
    const late = await rejection(caller.send(worker.address, message({ expiresAt: nowMs - 1 })));
    expect([late.code, late.sent]).toEqual(['unavailable', 'no']);
  });

  test('that is not confirmed in time may have been sent; its channel is replaced and the next one goes through', async () => {
    const worker = await work(lab.connect({ url: lab.url }));
    const caller = lab.connect({ confirmTimeoutMs: 200 });
    await caller.send(worker.address, message());
    const release = lab.proxy.hold('basic.ack', 'down');
    const error = await rejection(caller.send(worker.address, message()));
    expect([error.code, error.sent]).toEqual(['unavailable', 'maybe']);
    release();
    await caller.send(worker.address, message());
    await eventually(() => worker.seen.length === 3);
    expect(caller.health().counters).toMatchObject({ confirm_timeouts: 1, channels_replaced: 1, unconfirmed_sends: 0 });
  });

  test('that was written when the connection went may have been sent; one that waited is sent after the reconnect', async () => {
    const worker = await work(lab.connect({ url: lab.url }));
    const caller = lab.connect();
    await caller.send(worker.address, message());
    const cut = lab.proxy.cutAt({ method: 'basic.publish', direction: 'up', when: 'after' });
    const written = rejection(caller.send(worker.address, message()));
    await cut;
    const error = await written;
    expect([error.code, error.sent]).toEqual(['unavailable', 'maybe']);
    await caller.send(worker.address, message());
    await eventually(() => worker.seen.length === 3);
  });

  test('while the broker is away waits for its time, its signal or a place in the line', async () => {
    const worker = await work(lab.connect({ url: lab.url }));
    const caller = lab.connect({ maxWaitingSends: 3 });
    await caller.send(worker.address, message());
    await lab.proxy.down();
    await eventually(() => caller.status === 'connecting');
    const abort = new AbortController();
    const timed = rejection(caller.send(worker.address, message({ expiresAt: Date.now() + 100 })));
    const aborted = rejection(caller.send(worker.address, message(), { signal: abort.signal }));
    const patient = caller.send(worker.address, message());
    const tooMany = await rejection(caller.send(worker.address, message()));
    expect([tooMany.code, tooMany.sent]).toEqual(['busy', 'no']);
    abort.abort(new Error('no longer wanted'));
    expect((await aborted).code).toBe('cancelled');
    const late = await timed;
    expect([late.code, late.sent]).toEqual(['unavailable', 'no']);
    await lab.proxy.up();
    await patient;
    await eventually(() => worker.seen.length === 2);
    expect(caller.health().counters['waiting_sends']).toBe(0);
  });

  test('beyond the window of unconfirmed ones waits, and all arrive in the end', async () => {
    const worker = await work(lab.connect({ url: lab.url }), undefined, { intake: 500 });
    const caller = lab.connect({ maxUnconfirmed: 8 });
    await caller.send(worker.address, message());
    const release = lab.proxy.hold('basic.ack', 'down');
    const sends = Array.from({ length: 100 }, () => caller.send(worker.address, message()));
    await eventually(() => caller.health().counters['unconfirmed_sends'] === 8);
    expect(caller.health().counters['waiting_sends']).toBe(92);
    release();
    await Promise.all(sends);
    await eventually(() => worker.seen.length === 101);
  });

  test('a burst of large bodies is written as the socket takes it, and all of it arrives', async () => {
    const worker = await work(lab.connect(), undefined, { intake: 100 });
    const caller = lab.connect();
    const body = JSON.stringify('x'.repeat(200_000));
    await Promise.all(Array.from({ length: 100 }, () => caller.send(worker.address, message({ body }))));
    await eventually(() => worker.seen.length === 100);
    expect(worker.seen.every((delivery) => delivery.message.body === body)).toBe(true);
  });

  test('is waited for by close, and refused after it', async () => {
    const worker = await work(lab.connect({ url: lab.url }));
    const caller = lab.connect();
    await caller.send(worker.address, message());
    const sends = Array.from({ length: 50 }, () => caller.send(worker.address, message()));
    await Promise.all([caller.close(), ...sends]);
    await eventually(() => worker.seen.length === 51);
    expect((await rejection(caller.send(worker.address, message()))).code).toBe('closed');
  });

  test('that still waits is told when the transport closes without a broker', async () => {
    await lab.proxy.down();
    const caller = lab.connect();
    const waiting = rejection(caller.send('node-1', message()));
    await caller.close();
    const error = await waiting;
    expect([error.code, error.sent]).toEqual(['closed', 'no']);
    await lab.proxy.up();
  });

  test('a thousand calls one after the other take far less than Nagle would', async () => {
    const worker = lab.connect({ url: lab.url });
    const caller = lab.connect({ url: lab.url });
    const { address } = await work(worker, async ({ message: request }) => {
      await worker.send(request.replyTo ?? '', { id: request.id, body: '{}', headers: {} });
      return { kind: 'ack' };
    });
    let gate = createGate();
    const inbox = await caller.openInbox({ receive: () => gate.open(), lost: () => undefined });
    const startMs = performance.now();
    for (let count = 0; count < 1_000; count += 1) {
      gate = createGate();
      await caller.send(address, message({ replyTo: inbox.address }));
      await gate.opened;
    }
    // 42 ms each, were small writes held back.
    expect(performance.now() - startMs).toBeLessThan(10_000);
  });

  test('without confirms resolves when it is written; what comes back is counted', async () => {
    const caller = lab.connect({ confirms: false });
    const worker = await work(lab.connect());
    for (let count = 0; count < 20; count += 1) await caller.send(worker.address, message());
    await caller.send('nobody', message());
    await eventually(() => worker.seen.length === 20 && caller.health().counters['returned'] === 1);
    expect(caller.traits.reportsUnroutable).toBe(false);
  });
});
