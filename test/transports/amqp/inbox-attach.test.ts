import type { Channel } from 'amqplib';
import { expect, test } from 'vitest';
import { createManualClock } from '../../../src/testing/index.js';
import { createCounters } from '../../../transports/amqp/counters.js';
import { createInbox } from '../../../transports/amqp/inbox.js';
import type { Link } from '../../../transports/amqp/link.js';
import { amqpSettings } from '../../../transports/amqp/options.js';
import type { Topology } from '../../../transports/amqp/topology.js';
import type { RawMessage } from '../../../transports/amqp/wire.js';

interface Stand {
  readonly link: Link;
  isGone: boolean;
  closed: number;
  deliver: (raw: RawMessage) => void;
}

function stand(consume: () => Promise<unknown> = () => Promise.resolve({})): Stand {
  const made: Stand = {
    link: {
      get isGone() {
        return made.isGone;
      },
      channel: () => Promise.resolve(channel as unknown as Channel),
    } as Link,
    isGone: false,
    closed: 0,
    deliver: () => undefined,
  };
  const channel = {
    on: () => channel,
    once: () => channel,
    prependListener: () => channel,
    prefetch: () => Promise.resolve(),
    ack: () => undefined,
    close: () => Promise.resolve(void (made.closed += 1)),
    consume(_queue: string, deliver: (raw: RawMessage) => void) {
      made.deliver = deliver;
      return consume();
    },
  };
  return made;
}

function open(binds: (link: Link, exchange: string) => Promise<void>) {
  const bindings: string[] = [];
  const got: string[] = [];
  const inbox = createInbox({
    settings: amqpSettings({ url: 'amqp://127.0.0.1', clock: createManualClock() }),
    counters: createCounters(),
    topology: {
      inbox: () => Promise.resolve('found'),
      callerExchange: () => Promise.resolve('there'),
      async bindInbox(link: Link, _queue: string, exchange: string) {
        await binds(link, exchange);
        bindings.push(exchange);
      },
    } as unknown as Topology,
    on: { receive: ({ id }) => void got.push(id), lost: () => undefined },
    abandonSends: () => undefined,
    onClosed: () => undefined,
  });
  return { inbox, bindings, got };
}

test('one exchange that cannot be bound again keeps no other from it, and is bound by the next send', async () => {
  let refused = '';
  const { inbox, bindings } = open((_, exchange) =>
    exchange === refused ? Promise.reject(new Error('another type')) : Promise.resolve(),
  );
  await inbox.attach(stand().link);
  for (const exchange of ['a', 'b']) await inbox.prepareFor(exchange);
  refused = 'a';
  await inbox.attach(stand().link);
  expect([inbox.isBoundTo('a'), inbox.isBoundTo('b')]).toEqual([false, true]);
  await expect(inbox.prepareFor('a')).rejects.toThrow('another type');
  refused = '';
  await inbox.prepareFor('a');
  expect(inbox.isBoundTo('a')).toBe(true);
  expect(bindings).toEqual(['a', 'b', 'b', 'a']);
});

test('bindings that were forgotten are made again', async () => {
  const { inbox, bindings } = open(() => Promise.resolve());
  await inbox.attach(stand().link);
  await inbox.prepareFor('a');
  inbox.forgetBindings();
  expect(inbox.isBoundTo('a')).toBe(false);
  await inbox.prepareFor('a');
  expect(bindings).toEqual(['a', 'a']);
});

test('a channel on which it could not be opened is closed', async () => {
  const failing = stand(() => Promise.reject(new Error('no')));
  const { inbox } = open(() => Promise.resolve());
  await expect(inbox.attach(failing.link)).rejects.toThrow('no');
  expect(failing.closed).toBe(1);
});

test('a binding that is cut off is made on the next connection', async () => {
  const first = stand();
  const second = stand();
  const { inbox, bindings } = open((link) => {
    if (link !== first.link) return Promise.resolve();
    first.isGone = true;
    return Promise.reject(new Error('the connection was lost'));
  });
  await inbox.attach(first.link);
  const prepared = inbox.prepareFor('a');
  await Promise.resolve();
  await inbox.attach(second.link);
  await prepared;
  expect(bindings).toEqual(['a']);
});

test('a request that comes to it is no reply', async () => {
  const only = stand();
  const { inbox, got } = open(() => Promise.resolve());
  await inbox.attach(only.link);
  for (const replyTo of ['somewhere', undefined]) {
    const fields = { exchange: 'a', routingKey: 'q', redelivered: false, deliveryTag: 1 };
    only.deliver({ content: Buffer.from('{}'), fields, properties: { messageId: `to ${replyTo}`, replyTo } });
  }
  expect(got).toEqual(['to undefined']);
});
