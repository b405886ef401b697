import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMemoryIdempotencyStore, defineHandler, startServer } from '../../src/index.js';
import { createAmqpTransport } from '../../transports/amqp/index.js';
import { openCallWorld, probe, samovar, type CallWorld } from './call-harness.js';

let world: CallWorld;

beforeAll(async () => {
  world = await openCallWorld();
});

afterAll(() => world.stop());

const at = (url: string) => ['--url', url, '--to', world.to];
const call = (action: string, key: string, body: unknown) =>
  samovar(['call', action, ...at(world.url), '--key', key, '--body', JSON.stringify(body)]);
const outcome = (action: string, key: string, ...args: string[]) =>
  samovar(['outcome', action, ...at(world.url), '--key', key, ...args]);

describe('samovar outcome', () => {
  it('prints the answer of a call that succeeded, and exits with 0', async () => {
    await call('dx_example', 'onion', { favourite_food: 'onion' });
    const { code, out, err } = await outcome('dx_example', 'onion');
    expect({ code, err }).toEqual({ code: 0, err: [] });
    expect(out).toEqual(['succeeded', '{', '  "tolerable": false', '}']);
  });

  it('prints one line with --json', async () => {
    await call('dx_example', 'again', { favourite_food: 'onion' });
    const { out } = await outcome('dx_example', 'again', '--json');
    expect(out).toHaveLength(1);
    expect(JSON.parse(out[0] ?? '')).toEqual({
      state: 'succeeded',
      value: { tolerable: false },
    });
  });

  it('shows the error of a call that failed, and exits with 1', async () => {
    await call('dx_order_coffee_pot', 'ignored', { machine: 'm9', orderId: 'order-1' });
    // Its handler names keys itself.
    const { code, out, err } = await outcome('dx_order_coffee_pot', 'order-1');
    expect({ code, out }).toEqual({ code: 1, out: ['failed'] });
    expect(err).toEqual(['samovar: failed (executed): no_such_machine {"machines":["m1","m2"]}']);
  });

  it('says that a call did not run where that is certain, and exits with 2', async () => {
    const transport = createAmqpTransport({ url: world.url });
    const idempotency = { ...createMemoryIdempotencyStore(), durable: true, remembersMs: 86_400_000 };
    const handlers = [defineHandler(probe, { run: () => ({}) })];
    const options = { transport, address: 'durable', handlers, idempotency, fingerprintKey: 'for the test' };
    const server = await startServer(options);
    const deadline = new Date(Date.now() - 60_000);
    const args = ['outcome', 'probe', '--url', world.url, '--to', 'durable', '--key', 'never'];
    for (const time of [deadline.toISOString(), String(deadline.getTime())]) {
      const ended = await samovar([...args, '--deadline', time]);
      expect(ended).toEqual({ code: 2, out: ['not_executed'], err: [] });
    }
    expect(await samovar(args)).toEqual({ code: 75, out: ['unknown'], err: [] });
    await server.stop();
    await transport.close();
  });

  it('says that a call runs, and exits with 75', async () => {
    const running = call('probe', 'held', { holds: true });
    await expect.poll(() => world.held).toBe(1);
    expect(await outcome('probe', 'held')).toEqual({ code: 75, out: ['running'], err: [] });
    world.release();
    await running;
  });

  it('says that nobody knows of a key, and exits with 75', async () => {
    const asked = ['--deadline', '2026-01-31T12:00:00Z', '--json'];
    expect(await outcome('probe', 'never', ...asked)).toEqual({ code: 75, out: ['{"state":"unknown"}'], err: [] });
  });

  it('tells why a question has no answer, and exits with 69', async () => {
    const refused = await samovar(['outcome', 'probe', ...at(world.stranger), '--key', 'k']);
    expect(refused).toMatchObject({ code: 69, out: ['unknown'] });
    expect(refused.err).toEqual([expect.stringMatching(/^samovar: the question has no answer: forbidden: /)]);
    const nowhere = await samovar(['outcome', 'probe', '--url', world.url, '--to', 'nowhere', '--key', 'k', '--json']);
    expect(nowhere.code).toBe(69);
    expect(JSON.parse(nowhere.out[0] ?? '')).toMatchObject({ state: 'unknown', reason: { code: 'unroutable' } });
    const away = await samovar(['outcome', 'probe', '--url', 'amqp://127.0.0.1:1', '--key', 'k', '--timeout', '500ms']);
    expect(away).toMatchObject({ code: 69, out: ['unknown'] });
  });

  it.each([
    ['no key', ['outcome', 'probe']],
    ['an empty key', ['outcome', 'probe', '--key', '']],
    ['no time', ['outcome', 'probe', '--key', 'k', '--deadline', 'soon']],
    ['half a time', ['outcome', 'probe', '--key', 'k', '--deadline', '2030-01-31']],
    ['no duration', ['outcome', 'probe', '--key', 'k', '--timeout', '5']],
  ])('takes %s for wrong usage', async (_what, args) => {
    expect(await samovar([...args, '--url', world.url])).toMatchObject({ code: 64, out: [] });
  });
});
