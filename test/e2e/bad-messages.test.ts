import type { ConfirmChannel, Options } from 'amqplib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sharedRabbitmq } from '../support/shared-rabbitmq.js';
import { badMessages, forgedDirectReplyTo, type BadMessage, type Fate } from './bad-messages.js';
import { work } from './workers/actions.js';
import { openScene, type Scene } from './workers/scene.js';

let scene: Scene;
beforeEach(async () => {
  scene = await openScene(await sharedRabbitmq());
});
afterEach(() => scene.close());

/** A hostile caller with a reply queue: it counts what comes, by correlation id. */
async function hostileCaller() {
  const channel = await (await scene.foreigner()).createConfirmChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true, durable: false });
  const replies = new Map<string, string[]>();
  await channel.consume(
    queue,
    (reply) => {
      if (!reply) return;
      const { success, error } = JSON.parse(reply.content.toString()) as { success: boolean; error?: { code: string } };
      const id = String(reply.properties.correlationId);
      replies.set(id, [...(replies.get(id) ?? []), success ? 'runs' : (error?.code ?? 'no code')]);
    },
    { noAck: true },
  );
  return {
    replies,
    async publish(messages: readonly BadMessage[]): Promise<void> {
      for (const { name, way, content, properties } of messages) {
        const exchange = { action: 'work', default: '', address: `samovar.${scene.to}` }[way];
        const all = { replyTo: queue, correlationId: name, ...properties };
        channel.publish(exchange, scene.to, content, all as Options.Publish);
      }
      await channel.waitForConfirms();
    },
  };
}

const good: BadMessage = {
  name: 'good',
  fate: 'runs',
  content: Buffer.from('{"subject":"good"}'),
  properties: {},
  way: 'action',
};
const answered: ReadonlySet<Fate> = new Set<Fate>([
  'invalid_request',
  'too_large',
  'unknown_action',
  'deadline_exceeded',
  'runs',
]);

test(
  'a thousand bad messages of every kind are answered or refused, one by one, and hurt nothing',
  { timeout: 60_000 },
  async () => {
    const worker = await scene.worker({ concurrency: 5, maxWaiting: 45 });
    const caller = await hostileCaller();
    const client = scene.client();
    const messages = badMessages(scene.to);
    const rounds = Math.max(10, Math.ceil(1_000 / messages.length));
    const runs = messages.filter(({ fate }) => fate.startsWith('runs')).length + 2;
    const dropped = messages.filter(({ fate }) => fate === 'is dropped').length;
    const heapBytes: number[] = [];

    for (let round = 1; round <= rounds; round++) {
      caller.replies.clear();
      await caller.publish([...messages, good]);
      // Right behind them, and answered as if they were not there.
      expect(await client.call(work, { subject: 'good' }, { to: scene.to, timeoutMs: 10_000 })).toMatchObject({
        pid: worker.pid,
      });
      await expect.poll(async () => (await worker.report()).inFlight).toBe(0);
      await expect.poll(() => caller.replies.has('good')).toBe(true);
      const expected = messages
        .filter(({ fate }) => answered.has(fate))
        .map(({ name, fate }) => [name, [fate]] as const);
      expect(Object.fromEntries(caller.replies)).toEqual({ ...Object.fromEntries(expected), good: ['runs'] });

      const report = await worker.report();
      expect(report).toMatchObject({ starts: runs * round, waiting: 0, status: 'ready', foreignKeys: [] });
      expect(report.transportCounters).toMatchObject({
        reply_to_refused: dropped * round,
        quarantined: 0,
        reconnects: 0,
      });
      heapBytes.push(report.heapBytes);
    }
    const settled = heapBytes.slice(Math.floor(rounds / 2));
    expect(Math.max(...settled) - Math.min(...settled)).toBeLessThan(3 * 1024 * 1024);
  },
);

test.each(forgedDirectReplyTo)('nobody else misses an answer because of the forged reply_to %s', async (replyTo) => {
  const worker = await scene.worker({ effects: undefined });
  const client = scene.client();
  const caller = await hostileCaller();
  await caller.publish([{ ...good, properties: { replyTo } }, good, { ...good, properties: { replyTo } }]);
  await client.call(work, { subject: 'good' }, { to: scene.to });
  await expect.poll(() => caller.replies.get('good')).toEqual(['runs']);
  await expect.poll(async () => (await worker.report()).inFlight).toBe(0);
  await client.call(work, { subject: 'good' }, { to: scene.to });
});

test.each([
  ['an expiration that is none', { expiration: 'soon' }],
  ['a negative expiration', { expiration: '-1' }],
  ['copies that are no list', { headers: { CC: 'x' } }],
])('%s is refused by the broker itself, and the worker does not notice', async (_, properties) => {
  const worker = await scene.worker();
  const channel: ConfirmChannel = await (await scene.foreigner()).createConfirmChannel();
  const refused = new Promise<unknown>((resolve) => void channel.on('error', resolve));
  channel.publish('work', scene.to, good.content, properties);
  expect(String(await refused)).toContain('PRECONDITION_FAILED');
  await scene.client().call(work, { subject: 'marker' }, { to: scene.to });
  expect(await worker.report()).toMatchObject({ starts: 1, status: 'ready' });
});
