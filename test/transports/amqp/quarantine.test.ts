import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Quarantine } from '../../../src/core/quarantine.js';
import type { Delivery, Disposition } from '../../../src/core/transport.js';
import { openQuarantine, topologyOf, type AmqpQuarantineOptions } from '../../../transports/amqp/index.js';
import { sharedRabbitmq } from '../../support/shared-rabbitmq.js';
import { eventually, message, openLab, rejection, work, type Lab } from './lab.js';

let lab: Lab;
const opened: Quarantine[] = [];
beforeAll(async () => {
  lab = await openLab(await sharedRabbitmq());
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((quarantine) => quarantine.close()));
  await lab.sweep();
});
afterAll(() => lab.end());

function open(address: string, options: Partial<AmqpQuarantineOptions> = {}): Quarantine {
  const quarantine = openQuarantine({ url: lab.proxy.through(lab.url), address, ...options });
  opened.push(quarantine);
  return quarantine;
}

/** A worker that sets aside what comes until it is told to take it. */
async function worker(url = lab.proxy.through(lab.url), options: { readonly queueType?: 'classic' | 'quorum' } = {}) {
  let disposition: Disposition = { kind: 'quarantine', reason: 'why' };
  const transport = lab.connect({ url, ...options });
  const at = await work(transport, () => disposition, { intake: 1 });
  return {
    ...at,
    transport,
    stop: () => at.stop(),
    take: () => void (disposition = { kind: 'ack' }),
    fill: async (ids: readonly string[]): Promise<readonly string[]> => {
      for (const id of ids) await transport.send(at.address, message({ id, persistent: true }));
      await eventually(() => transport.health().counters['quarantined'] === ids.length);
      return ids;
    },
  };
}

const idsIn = async (quarantine: Quarantine) => (await quarantine.list({ most: 1_000 })).entries.map(({ id }) => id);
const idsOf = (seen: readonly Delivery[]) => seen.map(({ message: { id } }) => id);
const numbered = (length: number) => Array.from({ length }, (_, nth) => `id-${nth}`);

test.each(['classic', 'quorum'] as const)(
  'looking often, and taking some out of the middle, keeps the order of the rest in a %s queue',
  async (queueType) => {
    const { address, fill } = await worker(undefined, { queueType });
    const ids = await fill(numbered(30));
    const quarantine = open(address, { queueType });
    for (let times = 0; times < 25; times += 1) await quarantine.show('id-20');
    expect(await idsIn(quarantine)).toEqual(ids);
    await quarantine.purge({ ids: ['id-3', 'id-17'] });
    expect(await idsIn(quarantine)).toEqual(ids.filter((id) => id !== 'id-3' && id !== 'id-17'));
  },
);

test('what another user has set aside keeps its place, unless that user is believed', async () => {
  const other = await lab.broker.createUser({ virtualHost: lab.virtualHost });
  const { address, fill, seen, take } = await worker(other.url);
  await fill(['one']);
  take();
  const mine = open(address);
  const error = await rejection(mine.redrive());
  expect(error.code).toBe('setup');
  expect(error.message).toContain(`got "${other.name}": use the credentials of the worker`);
  expect((await rejection(mine.redrive({ dryRun: true }))).message).toBe(error.message);
  expect(await idsIn(mine)).toEqual(['one']);
  expect((await open(address, { believes: [other.name] }).redrive()).done).toBe(1);
  await eventually(() => seen.length === 2);
});

test('a request whose reply is for nobody is a one-way request in quarantine, too', async () => {
  const { address, transport } = await worker();
  const caller = lab.connect({ takesEitherRoute: true });
  await caller.send(address, message({ id: 'one', persistent: true }));
  await eventually(() => transport.health().counters['quarantined'] === 1);
  const { entries } = await open(address).list();
  expect(entries).toEqual([expect.objectContaining({ id: 'one', kind: 'one-way' })]);
});

test('nobody gets another sender by putting a request into a quarantine', async () => {
  const stranger = await lab.broker.createUser({ virtualHost: lab.virtualHost });
  const { address, fill } = await worker();
  await fill(['true']);
  const forger = lab.connect({ url: stranger.url });
  await forger.connect();
  const channel = await (await lab.foreigner()).createChannel();
  channel.publish(`samovar.${address}`, `${address}.quarantine`, Buffer.from('{}'), {
    messageId: 'forged',
    type: 'greet',
    headers: { 'samovar-sender': 'root', 'samovar-attempts': '1', 'samovar-exchange': 'greet' },
  });
  const quarantine = open(address);
  await eventually(async () => (await idsIn(quarantine)).length === 2);
  const { entries } = await quarantine.list({ ids: ['forged'] });
  expect(entries[0]?.sender).toBeUndefined();
  expect((await rejection(quarantine.redrive({ ids: ['forged'] }))).message).toContain('"forged"');
  expect(await idsIn(quarantine)).toEqual(['true', 'forged']);
});

test('works with the permissions that it says it needs, and names the one that is missing', async () => {
  const operator = await lab.broker.createUser({ virtualHost: lab.virtualHost });
  const { address, fill, seen, take } = await worker(operator.url);
  await fill(['one', 'two']);
  take();
  const name = address.replaceAll('.', '\\.');
  const rights = {
    configure: `^${name}\\.quarantine\\.operator$`,
    write: `^samovar\\.${name}$`,
    read: `^${name}\\.quarantine$`,
  };
  const grant = (given: typeof rights) =>
    lab.broker.setPermissions(operator.name, { virtualHost: lab.virtualHost, ...given });
  for (const permission of ['configure', 'write', 'read'] as const) {
    await grant({ ...rights, [permission]: '^$' });
    const error = await rejection(open(address, { url: operator.url }).redrive());
    expect(error.code, error.message).toBe('setup');
    expect(error.message).toContain(`the ${permission} permission on `);
  }
  await grant(rights);
  const quarantine = open(address, { url: operator.url });
  expect(await idsIn(quarantine)).toEqual(['one', 'two']);
  expect((await quarantine.redrive()).done).toBe(2);
  await eventually(() => seen.length === 4);
  expect(idsOf(seen).slice(2)).toEqual(['one', 'two']);
});

test('the permissions that samovar topology prints for an operator are those of a worker, and these', async () => {
  const { worker: serving, operator } = topologyOf({
    addresses: ['node.1'],
    actions: ['greet'],
    replyRoute: 'default',
  });
  for (const [permission, name] of [
    ['configure', 'node.1.quarantine.operator'],
    ['write', 'samovar.node.1'],
    ['read', 'node.1.quarantine'],
  ] as const) {
    expect(operator.permissions[permission]).toMatch(/^\^\(.*\)\$$/);
    expect(name).toMatch(new RegExp(operator.permissions[permission]));
    expect('node.1').toMatch(new RegExp(serving.permissions.configure));
  }
  expect(operator.declares).toEqual(expect.arrayContaining([...serving.declares]));
});

test('where the way to the address is gone nothing is forgotten', async () => {
  const { address, fill, stop } = await worker();
  await fill(['one', 'two']);
  await stop();
  const channel = await (await lab.foreigner()).createChannel();
  await channel.unbindQueue(address, `samovar.${address}`, address);
  const quarantine = open(address);
  expect(await rejection(quarantine.redrive())).toMatchObject({ code: 'unroutable', sent: 'no' });
  expect(await idsIn(quarantine)).toEqual(['one', 'two']);
  await channel.deleteExchange(`samovar.${address}`);
  expect((await rejection(quarantine.redrive())).message).toContain(`samovar.${address}`);
});

test('a connection that is cut in the middle loses nothing and keeps the order', async () => {
  const { address, fill, seen, take, stop } = await worker(lab.url);
  const ids = await fill(numbered(20));
  const before = seen.length;
  take();
  const quarantine = open(address);
  const error = await rejection(quarantine.redrive({ onProgress: ({ done }) => done === 7 && lab.proxy.cut() }));
  expect(error.code).toBe('unavailable');
  // Works again on the next connection, as soon as the broker has given up the first.
  let left: readonly string[] = [];
  await eventually(async () => {
    left = await idsIn(quarantine).catch(() => []);
    return left.length > 0;
  });
  expect(left).toEqual(ids.slice(-left.length));
  await eventually(() => new Set([...idsOf(seen.slice(before)), ...left]).size === ids.length);
  expect((await quarantine.redrive()).done).toBe(left.length);
  await eventually(() => new Set(idsOf(seen.slice(before))).size === ids.length);
  await stop();
});

test('a quarantine that is not there, a broker that is away and an end in between are told apart', async () => {
  expect(await rejection(open('nowhere').list())).toMatchObject({ code: 'unroutable' });
  const { address, fill } = await worker(lab.url);
  await fill(['one']);
  await lab.proxy.down();
  expect(await rejection(open(address, { waitForBrokerMs: 200 }).list())).toMatchObject({ code: 'unavailable' });
  await lab.proxy.up();
  const closed = open(address);
  await closed.close();
  expect(await rejection(closed.list())).toMatchObject({ code: 'closed' });
});
