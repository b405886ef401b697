import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { topologyOf, type AmqpTransportOptions, type Declaration } from '../../../transports/amqp/index.js';
import { sharedRabbitmq, type SharedBroker } from '../../support/shared-rabbitmq.js';
import { message, openLab, work, type Lab } from './lab.js';

let broker: SharedBroker;
let lab: Lab;
beforeAll(async () => {
  broker = await sharedRabbitmq();
});
beforeEach(async () => {
  lab = await openLab(broker);
});
afterEach(() => lab.end());

const addresses = ['node-1', 'render.$*'];
const actions = ['greet', 'part'];
const options = { exchangeTypes: { part: 'topic' } } as const satisfies Partial<AmqpTransportOptions>;

interface Listed {
  readonly name: string;
  readonly type: string;
  readonly durable: boolean;
  readonly exclusive: boolean;
  readonly arguments: Record<string, string | number>;
  readonly source: string;
  readonly destination: string;
  readonly routing_key: string;
}

/** All that is declared on the lab's virtual host by anybody, as the broker says. */
async function declared(): Promise<Declaration[]> {
  const list = async (what: string) => (await broker.management('GET', `/${what}/${lab.virtualHost}`)) as Listed[];
  const [exchanges, queues, bindings] = [await list('exchanges'), await list('queues'), await list('bindings')];
  return [
    ...exchanges
      .filter(({ name }) => name !== '' && !name.startsWith('amq.'))
      .map(({ name, type, durable }) => ({ kind: 'exchange', name, type, durable }) as Declaration),
    ...queues.map(({ name, durable, exclusive, arguments: table }): Declaration => ({
      ...{ kind: 'queue', name, durable, exclusive },
      arguments: table,
    })),
    ...bindings.flatMap(({ source: exchange, destination: queue, routing_key: key }): Declaration[] => {
      if (exchange === '') return [];
      return [{ kind: 'binding', queue, exchange, ...(key !== queue && { key }) }];
    }),
  ];
}

const sorted = (declarations: readonly Declaration[]) =>
  declarations.map((each) => JSON.stringify(each, Object.keys(each).sort().concat(keysOf(each)))).sort();
/** Each worker has a queue of its own for control messages. */
const distinct = (declarations: readonly Declaration[]) => [...new Set(sorted(declarations))];
const keysOf = (each: Declaration) => (each.kind === 'queue' ? Object.keys(each.arguments).sort() : []);

describe('what topologyOf says that is declared', () => {
  test('is what a worker declares, and nothing else', async () => {
    for (const address of addresses) {
      const consume = { actions, intake: 1, control: () => undefined };
      await lab.connect(options).consume(address, consume, async () => ({ kind: 'ack' }));
    }
    const { worker } = topologyOf({ ...options, addresses, actions, replyRoute: 'default' });
    const text = JSON.stringify(await declared()).replaceAll(/(samovar\.control\.)[0-9a-f-]{36}/g, '$1<id>');
    expect(distinct(JSON.parse(text) as Declaration[])).toEqual(sorted(worker.declares));
  });

  test.each(['default', 'request-exchange'] as const)(
    'is what a caller declares whose replies travel by %s, and nothing else',
    async (replyRoute) => {
      for (const inbox of ['durable', 'exclusive'] as const) {
        const transport = lab.connect({ ...options, app: 'shop', inbox, replyRoute });
        const { address: replyTo } = await transport.openInbox({ receive: () => undefined, lost: () => undefined });
        for (const action of actions)
          await transport.send('node-1', message({ action, replyTo })).catch(() => undefined);
        const { caller } = topologyOf({ ...options, app: 'shop', inbox, addresses: [], actions, replyRoute });
        const text = JSON.stringify(await declared())
          .replaceAll(/(samovar\.inbox\.shop\.)[0-9a-f-]{36}/g, '$1<id>')
          .replaceAll(/(amq\.gen-)[\w-]+/g, '$1<id>');
        expect(sorted(JSON.parse(text) as Declaration[])).toEqual(sorted(caller.declares));
        await transport.close();
      }
    },
  );
});

describe('the permissions of topologyOf', () => {
  const question = { addresses: ['a.b', "o'k|(x)"], actions: ['greet'], replyRoute: 'request-exchange' } as const;

  test('are quoted, whatever a name contains, and anchored', async () => {
    const { worker } = topologyOf(question);
    expect(worker.permissions.write).toContain('(a\\.b|');
    const { configure, write, read } = worker.permissions;
    for (const pattern of [configure, write, read]) {
      const expression = new RegExp(pattern);
      expect(["o'k|(x)", 'a.b', 'samovar.a.b'].map((name) => expression.test(name))).toContain(true);
      expect(['axb', 'a.b ', 'xa.b', 'a.b.c', 'greeting', 'x', "o'k"].filter((name) => expression.test(name))).toEqual(
        [],
      );
    }
    const { url } = await broker.createUser({ virtualHost: lab.virtualHost, ...worker.permissions });
    for (const address of question.addresses) await work(lab.connect({ url }), undefined, { address });
  });

  test('have the default exchange only where replies travel through it', () => {
    const through = topologyOf({ ...question, replyRoute: 'default' });
    expect(through.worker.permissions.write).toContain('amq\\.default');
    expect(through.worker.permissions.write).not.toContain('greet');
    expect(JSON.stringify(topologyOf(question))).not.toContain('amq');
  });

  test('of a caller have nothing of a worker', () => {
    const { permissions } = topologyOf({ ...question, app: 'shop' }).caller;
    const inbox = '^(samovar\\.inbox\\.shop\\.[0-9a-f-]+)$';
    expect(permissions.configure).toBe(inbox);
    expect(permissions.write).toBe('^(samovar\\.inbox\\.shop\\.[0-9a-f-]+|greet|samovar\\.control)$');
    expect(permissions.read).toBe('^(greet|samovar\\.inbox\\.shop\\.[0-9a-f-]+)$');
    expect(topologyOf({ ...question, actions: [], replyRoute: 'default' }).caller.permissions.write).toBe(
      '^(samovar\\.control)$',
    );
  });
});

test('a name that no queue or exchange can have gets no permissions', () => {
  const ask = (address: string, action: string) => () =>
    topologyOf({ addresses: [address], actions: [action], replyRoute: 'request-exchange' });
  // It would be a right on the default exchange.
  expect(ask('node-1', '')).toThrow('expected names of 1 to 255 bytes, got ""');
  // The exchange of its copies would have a name that is too long.
  expect(ask('n'.repeat(250), 'greet')).toThrow('expected names of 1 to 255 bytes');
});
