import { connect } from 'amqplib';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { RpcError, type Client } from '../../src/index.js';
import { countEffects } from '../support/effects.js';
import { startFaultProxy } from '../support/fault-proxy.js';
import { startOwnRabbitmq, type OwnBroker } from '../support/rabbitmq.js';
import { failureOf } from './stage.js';
import { work } from './workers/actions.js';
import { openScene, type Scene } from './workers/scene.js';

let broker: OwnBroker;
let scene: Scene;
beforeAll(async () => {
  broker = await startOwnRabbitmq();
});
afterAll(() => broker.close());
beforeEach(async () => {
  scene = await openScene(broker);
});
afterEach(() => scene.close());

interface Outcome {
  readonly subject: string;
  readonly calledMs: number;
  readonly settledMs: number;
  readonly error: unknown;
}

/** What became of a call or a one-way request. */
async function outcomeOf(subject: string, request: Promise<unknown>): Promise<Outcome> {
  const calledMs = performance.now();
  const error: unknown = await request.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { subject, calledMs, settledMs: performance.now(), error };
}

/** Calls at an even pace, whatever becomes of them, until it is stopped; then resolves once all are settled. */
function steadyLoad(client: Client, perSecond: number) {
  const pending: Promise<Outcome>[] = [];
  const settled: Outcome[] = [];
  const startedMs = performance.now();
  async function call(subject: string): Promise<Outcome> {
    const outcome = await outcomeOf(subject, client.call(work, { subject }, { to: scene.to, timeoutMs: 3_000 }));
    settled.push(outcome);
    return outcome;
  }
  const pace = setInterval(() => {
    // A busy machine skips ticks: what is due by now is made up for.
    const due = ((performance.now() - startedMs) * perSecond) / 1000;
    while (pending.length < due) pending.push(call(`call-${pending.length}`));
  }, 5);
  return {
    settled,
    /** The first call that succeeded after a moment. */
    async nextValue(sinceMs: number): Promise<Outcome> {
      const isOne = ({ error, settledMs }: Outcome) => error === undefined && settledMs > sinceMs;
      await expect.poll(() => settled.some(isOne)).toBe(true);
      return settled.find(isOne) as Outcome;
    },
    stop(): Promise<Outcome[]> {
      clearInterval(pace);
      return Promise.all(pending);
    },
  };
}

/** When the broker first lets a client in, and how long the client's way in took. */
async function firstHandshake(): Promise<{ readonly atMs: number; readonly tookMs: number }> {
  for (;;) {
    const startedMs = performance.now();
    try {
      const connection = await connect(scene.virtualHost.url);
      const atMs = performance.now();
      await connection.close();
      return { atMs, tookMs: atMs - startedMs };
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

test(
  'a broker killed under load and started again is outlived by the worker, and every call is told the truth',
  { timeout: 60_000 },
  async () => {
    const worker = await scene.worker();
    const client = scene.client();
    const load = steadyLoad(client, 200);
    await expect.poll(() => load.settled.length).toBeGreaterThan(200);

    await broker.kill9();
    const killedMs = performance.now();
    // They wait for the broker; until the worker has bound its queue to the new exchange they are unroutable.
    const sending = Array.from({ length: 20 }, (_, nth) =>
      outcomeOf(`one-way-${nth}`, client.send(work, { subject: `one-way-${nth}` }, { to: scene.to })),
    );
    await expect.poll(() => performance.now() - killedMs).toBeGreaterThan(5_000);
    const starting = broker.start();
    const { atMs: backMs, tookMs: handshakeMs } = await firstHandshake();
    const first = await load.nextValue(backMs);
    const tookMs = Math.round(first.settledMs - backMs);
    console.log(`calls work again ${tookMs} ms after a handshake of ${Math.round(handshakeMs)} ms with the broker`);
    await starting;
    await expect
      .poll(() => load.settled.filter(({ error, calledMs }) => !error && calledMs > backMs).length)
      .toBeGreaterThan(200);
    const outcomes = [...(await load.stop()), ...(await Promise.all(sending))];

    // Caller and worker have four connections to open and some declaring to do, on a machine that may be busy.
    expect(tookMs).toBeLessThan(2_000 + 5 * handshakeMs);
    // A reply may be there before the worker hears that the broker has it.
    await expect.poll(() => worker.report()).toMatchObject({ status: 'ready', inFlight: 0 });
    const done = outcomes.filter(({ error }) => error === undefined).map(({ subject }) => subject);
    await expect
      .poll(() => {
        const counts = countEffects(scene.effects());
        return done.filter((subject) => (counts.get(subject)?.finishes ?? 0) === 0);
      })
      .toEqual([]);
    const counts = countEffects(scene.effects());
    for (const { subject, error } of outcomes) {
      if (error === undefined) continue;
      expect(error).toBeInstanceOf(RpcError);
      const { outcome } = error as RpcError;
      expect(['not_executed', 'unknown']).toContain(outcome);
      if (outcome === 'not_executed') expect([subject, counts.get(subject)]).toEqual([subject, undefined]);
    }
  },
);

test(
  'calls under a memory alarm wait, or fail as not executed, and go on when it is over',
  { timeout: 60_000 },
  async () => {
    const worker = await scene.worker();
    const client = scene.client();
    const call = (subject: string, timeoutMs: number) => client.call(work, { subject }, { to: scene.to, timeoutMs });
    await call('before', 10_000);
    await broker.setMemoryAlarm(true);
    try {
      // The broker blocks a connection when it publishes something, so a first call gets through, or its reply does not.
      let knocks = 0;
      async function statusAfterKnocking(): Promise<string> {
        await call(`knock-${knocks++}`, 100).catch(() => undefined);
        return client.health().transport.status;
      }
      await expect.poll(statusAfterKnocking).toBe('blocked');
      const refused = failureOf(call('refused', 1_000));
      const waiting = call('waiting', 30_000);
      expect(await refused).toEqual({ code: 'unavailable', outcome: 'not_executed', retryable: true });
      await broker.setMemoryAlarm(false);
      expect(await waiting).toMatchObject({ pid: worker.pid });
    } finally {
      await broker.setMemoryAlarm(false);
    }
    expect(scene.effectsOf('refused')).toEqual({ starts: 0, finishes: 0 });
    expect(client.health().transport).toMatchObject({ status: 'ready', reconnects: 0 });
  },
);

test.each(['both', 'up', 'down'] as const)(
  'a network that swallows everything (%s) is noticed within two heartbeats, and calls work when it is mended',
  async (direction) => {
    const heartbeatMs = 1_000;
    await scene.worker({ effects: undefined });
    const proxy = await startFaultProxy(broker.port);
    try {
      const client = scene.client({ amqp: { url: proxy.through(scene.virtualHost.url), heartbeatMs } });
      await client.call(work, { subject: 'before' }, { to: scene.to });
      proxy.blackHole(direction);
      const silentMs = performance.now();
      await expect.poll(() => client.health().transport.status).toBe('connecting');
      // And half a second, since the machine may be busy.
      expect(performance.now() - silentMs).toBeLessThan(2 * heartbeatMs + 500);
      proxy.cut();
      proxy.heal();
      await client.call(work, { subject: 'after' }, { to: scene.to });
    } finally {
      await proxy.close();
    }
  },
);
