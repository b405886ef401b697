import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { TransportError } from '../../../src/core/transport.js';
import type { AmqpTransport } from '../../../transports/amqp/index.js';
import { startOwnRabbitmq, type OwnBroker } from '../../support/rabbitmq.js';
import { createGate, eventually, message, openLab, rejection, work, type Lab } from './lab.js';

let broker: OwnBroker;
let lab: Lab;
beforeAll(async () => {
  broker = await startOwnRabbitmq();
  lab = await openLab(broker);
});
afterEach(async () => {
  await broker.setMemoryAlarm(false);
  await lab.sweep();
});
afterAll(async () => {
  await lab.end();
  await broker.close();
});

/** A publisher is blocked by its first publish after its connection has heard of the alarm. */
async function untilBlocked(caller: AmqpTransport, address: string): Promise<void> {
  await eventually(() => {
    caller.send(address, message()).catch(() => undefined);
    return caller.status === 'blocked';
  });
}

describe('a broker that takes nothing from senders', () => {
  test('is told as blocked; what waits goes through once it takes again, and consuming goes on', async () => {
    const gate = createGate();
    const worker = await work(lab.connect(), async () => {
      await gate.opened;
      return { kind: 'ack' };
    });
    const caller = lab.connect({ confirmTimeoutMs: 300 });
    await caller.send(worker.address, message());
    await broker.setMemoryAlarm(true);
    await untilBlocked(caller, worker.address);
    const waiting = [caller.send(worker.address, message()), caller.send(worker.address, message())];
    const late = await rejection(caller.send(worker.address, message({ expiresAt: Date.now() + 400 })));
    expect([late.code, late.sent]).toEqual(['blocked', 'no']);
    expect(caller.health().reason).toContain('takes nothing from senders');
    expect(worker.transport.status).toBe('ready');
    gate.open();
    await broker.setMemoryAlarm(false);
    await Promise.all(waiting);
    await eventually(() => worker.seen.length >= 3);
    expect(caller.status).toBe('ready');
    expect(caller.health().counters['confirm_timeouts']).toBe(0);
  });

  test('keeps nobody from closing, nor a worker from starting', async () => {
    const caller = lab.connect();
    const { address } = await work(lab.connect());
    await caller.send(address, message());
    await broker.setMemoryAlarm(true);
    await untilBlocked(caller, address);
    const waiting = rejection(caller.send(address, message()));
    await caller.close();
    const error = await waiting;
    expect([error.code, error.sent]).toEqual(['closed', 'no']);
    const late = await work(lab.connect());
    await late.transport.close();
  });
});

describe('a broker that is gone', () => {
  test.each(['up', 'down', 'both'] as const)(
    'is noticed when nothing gets through any more (%s)',
    async (direction) => {
      const worker = await work(lab.connect({ heartbeatMs: 1_000 }));
      await worker.transport.send(worker.address, message());
      await eventually(() => worker.seen.length === 1);
      lab.proxy.blackHole(direction);
      await eventually(() => worker.transport.status === 'connecting');
      lab.proxy.cut();
      lab.proxy.heal();
      await eventually(() => worker.transport.status === 'ready');
      await worker.transport.send(worker.address, message());
      await eventually(() => worker.seen.length >= 2);
    },
  );

  test('is not taken for gone when it is slow', async () => {
    lab.proxy.slice(7);
    const worker = await work(lab.connect());
    for (let count = 0; count < 20; count += 1) await worker.transport.send(worker.address, message());
    await eventually(() => worker.seen.length === 20);
    expect(worker.transport.health().reconnects).toBe(0);
  });

  test('and closes connections as an operator asks is reconnected to, again and again, with nothing left behind', async () => {
    const worker = await work(lab.connect());
    const caller = lab.connect();
    const before = process.getActiveResourcesInfo().length;
    for (let round = 1; round <= 4; round += 1) {
      await broker.closeConnections(lab.virtualHost);
      await eventually(() => worker.transport.health().reconnects >= 2 * round);
      await eventually(() =>
        caller.send(worker.address, message()).then(
          () => true,
          () => false,
        ),
      );
    }
    await eventually(() => worker.seen.length >= 4 && caller.status === 'ready' && worker.transport.status === 'ready');
    expect(lab.proxy.open).toBeLessThanOrEqual(4);
    expect(process.getActiveResourcesInfo().length).toBeLessThan(before + 20);
  });

  test('after a crash has its exchanges, queues and bindings back before it is used', async () => {
    const worker = await work(lab.connect());
    const caller = lab.connect();
    const kept = message({ persistent: true });
    await caller.send(worker.address, kept);
    await eventually(() => worker.seen.length === 1);
    await broker.kill9();
    await eventually(() => caller.status === 'connecting' && worker.transport.status === 'connecting');
    const waiting = caller.send(worker.address, message());
    const restarting = broker.start();
    // Its worker may be back a moment after it: unroutable until then, and said so.
    const result = await waiting.then(
      () => 'sent',
      (error: unknown) => (error as TransportError).code,
    );
    expect(['sent', 'unroutable']).toContain(result);
    await restarting;
    await eventually(() => worker.transport.status === 'ready');
    await caller.send(worker.address, message());
    await eventually(() => worker.seen.length >= 2);
  }, 60_000);
});
