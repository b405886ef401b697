import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Message, TransportError } from '../../../src/core/transport.js';
import { topologyOf, type AmqpTransportOptions, type Permissions } from '../../../transports/amqp/index.js';
import type { Link } from '../../../transports/amqp/link.js';
import { amqpSettings } from '../../../transports/amqp/options.js';
import { createTopology } from '../../../transports/amqp/topology.js';
import { sharedRabbitmq } from '../../support/shared-rabbitmq.js';
import { eventually, message, openLab, rejection, work, type Lab } from './lab.js';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab(await sharedRabbitmq());
});
afterEach(() => lab.sweep());
afterAll(() => lab.end());

const routes = ['default', 'request-exchange'] as const;
type Route = (typeof routes)[number];
const permissions = ['configure', 'write', 'read'] as const;

/** Names of its own: nothing that another test has declared is there. */
function fresh(options: Partial<AmqpTransportOptions> = {}) {
  const id = randomUUID().slice(0, 8);
  const address = `node-${id}`;
  const actions = [`greet-${id}`, `part.${id}`];
  return {
    address,
    actions,
    topology: (replyRoute: Route) => topologyOf({ ...options, addresses: [address], actions, replyRoute }),
  };
}

async function userWith(rights: Permissions) {
  return lab.broker.createUser({ virtualHost: lab.virtualHost, ...rights });
}

const allNamesIn = (pattern: string) => (pattern === '^$' ? [] : pattern.slice(2, -2).split('|'));
const isControl = (name: string) => name.startsWith('samovar\\.control');
/** Without one of these nothing works; without those for cancels nobody is told that a caller gave up. */
const namesIn = (pattern: string) => allNamesIn(pattern).filter((name) => !isControl(name));
const without = (rights: Permissions, permission: keyof Permissions, name: string): Permissions => {
  const left = allNamesIn(rights[permission]).filter((each) => each !== name);
  return { ...rights, [permission]: left.length === 0 ? '^$' : `^(${left.join('|')})$` };
};

function expectNamed(error: TransportError, permission: string, name: string, user: string): void {
  expect(error.code, error.message).toBe('setup');
  const literal = name.replaceAll(/\\(.)/g, '$1').replace(/\[.*\]\+$/, '');
  expect(error.message).toContain(`user "${user}" to have the ${permission} permission on `);
  expect(error.message).toMatch(/(queue|exchange) "/);
  expect(error.message).toContain(`"${literal}`);
  expect(error.message).toContain('samovar topology');
}

describe.each(routes)('with replies by the route %s', (replyRoute) => {
  test('exactly the permissions of topologyOf are enough for a quarantine, a retry that comes back, and an answer', async () => {
    const { address, actions, topology } = fresh();
    const { worker, caller } = topology(replyRoute);
    const [serving, calling] = [await userWith(worker.permissions), await userWith(caller.permissions)];
    // The rung of 30 s is over at once; what a worker declares, and may, stays the same.
    await lab.broker.management('PUT', `/policies/${lab.virtualHost}/hurry`, {
      pattern: '\\.retry\\.30s$',
      definition: { 'message-ttl': 1 },
      'apply-to': 'queues',
    });
    const served = lab.connect({ url: serving.url });
    const { seen } = await work(
      served,
      async ({ message: { id, body, replyTo = '' } }, nth) => {
        if (body === '"bad"') return { kind: 'quarantine', reason: 'bad' };
        if (nth === 1) return { kind: 'retry', afterMs: 30_000 };
        await served.send(replyTo, { id: `re-${id}`, body: '{}', headers: {}, correlationId: id });
        return { kind: 'ack' };
      },
      { address, actions },
    );
    const client = lab.connect({ url: calling.url, replyRoute });
    const replies: Message[] = [];
    const inbox = await client.openInbox({ receive: (reply) => void replies.push(reply), lost: () => undefined });
    const [action = ''] = actions;
    const sent = message({ action, replyTo: inbox.address });
    await client.send(address, sent);
    await eventually(() => replies.length === 1);
    expect(replies[0]?.correlationId).toBe(sent.id);
    expect(seen.map(({ attempt }) => attempt)).toEqual([1, 2]);
    for (const each of actions) await client.send(address, message({ action: each, body: '"bad"' }));
    await lab.take(`${address}.quarantine`);
    await lab.take(`${address}.quarantine`);
    expect(served.health().counters).toMatchObject({ ladder_retries: 1, quarantined: 2 });
    await inbox.close();
    expect(served.health().reason).toBeUndefined();
  });

  test.each(permissions)(
    'a worker without any one name of its %s pattern does not start, and says why',
    async (permission) => {
      const names = namesIn(fresh().topology(replyRoute).worker.permissions[permission]);
      expect(names.length).toBeGreaterThan(5);
      for (const index of names.keys()) {
        const { address, actions, topology } = fresh();
        const rights = topology(replyRoute).worker.permissions;
        const name = namesIn(rights[permission])[index] ?? '';
        const user = await userWith(without(rights, permission, name));
        const transport = lab.connect({ url: user.url });
        expectNamed(await rejection(work(transport, undefined, { address, actions })), permission, name, user.name);
        await transport.close();
      }
    },
  );

  test.each(
    permissions.flatMap((permission) => [['durable', permission] as const, ['exclusive', permission] as const]),
  )('a caller whose inbox is %s without any one name of its %s pattern is told why', async (inbox, permission) => {
    const names = namesIn(fresh({ inbox }).topology(replyRoute).caller.permissions[permission]);
    for (const index of names.keys()) {
      const { address, actions, topology } = fresh({ inbox });
      await work(lab.connect(), undefined, { address, actions });
      const rights = topology(replyRoute).caller.permissions;
      const name = namesIn(rights[permission])[index] ?? '';
      const user = await userWith(without(rights, permission, name));
      const transport = lab.connect({ url: user.url, inbox, replyRoute });
      const failure = (async () => {
        const { address: replyTo } = await transport.openInbox({ receive: () => undefined, lost: () => undefined });
        for (const action of actions) await transport.send(address, message({ action, replyTo }));
      })();
      expectNamed(await rejection(failure), permission, name, user.name);
      await transport.close();
    }
  });
});

describe('cancels', () => {
  /** A worker and a caller with these rights: whether a cancel arrives, and what was warned about. */
  async function cancelWith(worker: Permissions, caller: Permissions, address: string, actions: readonly string[]) {
    const [serving, calling] = [await userWith(worker), await userWith(caller)];
    const heard: Message[] = [];
    const before = lab.logged.length;
    const transport = lab.connect({ url: serving.url });
    const options = { actions, intake: 1, control: (cancel: Message) => void heard.push(cancel) };
    let requests = 0;
    await transport.consume(address, options, async () => {
      requests += 1;
      return { kind: 'ack' };
    });
    const client = lab.connect({ url: calling.url });
    const [action = ''] = actions;
    await client.send(address, message({ action }));
    const cancel = message({ action: 'samovar.cancel', correlationId: 'x' });
    const refused = await client.send(address, cancel, { control: true }).then(
      () => false,
      () => true,
    );
    // A second one, behind the broker's answer to the first.
    await client.send(address, message({ action }));
    await eventually(() => requests === 2);
    if (!refused) await client.send(address, cancel, { control: true }).catch(() => undefined);
    await client.send(address, message({ action }));
    await eventually(() => requests === 3);
    return {
      heard,
      warnings: () => lab.logged.slice(before).filter((line) => line.includes('run on to their deadline')),
    };
  }

  test.each(permissions)(
    'a worker without a name of its %s pattern that is for them works, and warns once what is missing',
    async (permission) => {
      const names = allNamesIn(fresh().topology('default').worker.permissions[permission]).filter(isControl);
      expect(names.length).toBeGreaterThan(0);
      for (const name of names) {
        const { address, actions, topology } = fresh();
        const { worker, caller } = topology('default');
        const rights = without(worker.permissions, permission, name);
        const { heard, warnings } = await cancelWith(rights, caller.permissions, address, actions);
        const [warning = ''] = warnings();
        expect(warning).toContain(`to have the ${permission} permission on `);
        expect(warning).toContain(name.replaceAll(/\\(.)/g, '$1').replace(/\[.*\]\+$/, ''));
        expect([heard.length, warnings().length]).toEqual([0, 1]);
      }
    },
  );

  test('a caller that may not send them makes its calls, and warns once what is missing', async () => {
    const { address, actions, topology } = fresh();
    const { worker, caller } = topology('default');
    const rights = without(caller.permissions, 'write', 'samovar\\.control');
    const { heard, warnings } = await cancelWith(worker.permissions, rights, address, actions);
    await eventually(() => warnings().length > 0);
    expect(warnings()[0]).toContain('to have the write permission on exchange \\"samovar.control\\"');
    expect([heard.length, warnings().length]).toEqual([0, 1]);
  });
});

describe('where everything is there already', () => {
  test('a worker without a right that it needs later does not start either', async () => {
    const { address, actions, topology } = fresh();
    await work(lab.connect(), undefined, { address, actions });
    const rights = topology('request-exchange').worker.permissions;
    for (const name of [`samovar\\.${address}`, actions[0] ?? '']) {
      const user = await userWith(without(rights, 'write', name));
      const failure = rejection(work(lab.connect({ url: user.url }), undefined, { address, actions }));
      expectNamed(await failure, 'write', name, user.name);
    }
  });

  test('a worker that may declare nothing starts', async () => {
    const { address, actions, topology } = fresh();
    await work(lab.connect(), undefined, { address, actions });
    const user = await userWith({ ...topology('default').worker.permissions, configure: '^$' });
    await work(lab.connect({ url: user.url }), undefined, { address, actions });
  });
});

test('a worker does not answer through an exchange of type fanout for want of the default exchange', async () => {
  const { address, actions, topology } = fresh();
  const [action = ''] = actions;
  const user = await userWith(topology('request-exchange').worker.permissions);
  const transport = lab.connect({ url: user.url, exchangeTypes: { [action]: 'fanout' } });
  const error = await rejection(work(transport, undefined, { address, actions }));
  expectNamed(error, 'write', 'amq.default', user.name);
  expect(error.message).toContain(action);
});

test('a start takes one channel to declare, however much that is', async () => {
  let channels = 0;
  const channel = new Proxy({}, { get: (_, name) => (name === 'then' ? undefined : () => Promise.resolve()) });
  const link = {
    version: { major: 3, minor: 10 },
    channel() {
      channels += 1;
      return Promise.resolve(channel);
    },
  } as unknown as Link;
  const actions = Array.from({ length: 50 }, (_, index) => `many-${index}`);
  const topology = createTopology(amqpSettings({ url: lab.url }));
  await topology.worker(link, { address: 'node-1', actions, replyRoute: 'request-exchange' });
  expect(channels).toBe(1);
});
