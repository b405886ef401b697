import type { Call, Peer } from './fake-amqp-server.js';
import type { Content } from './fake-amqp-codec.js';

interface ChannelState {
  isConfirming: boolean;
  published: number;
  delivered: number;
}

interface FakeConsumer {
  readonly peer: Peer;
  readonly channel: number;
  readonly queue: string;
  readonly tag: string;
}

/**
 * What a broker answers that takes every declaration, and what it has to remember for that. A message goes to who
 * consumes the queue that its routing key names, and back where there is no such queue; it is confirmed either way.
 */
export interface Answers {
  readonly answer: (call: Call) => void;
  /** Routes what was published, and returns what confirms it. */
  readonly accept: (publish: Call) => (how?: 'basic.ack' | 'basic.nack') => void;
  /** @throws if nobody consumes the queue. */
  readonly deliver: (queue: string, content: Content, fields?: object) => void;
  /** Takes the queue away from who consumes it. */
  readonly cancel: (queue: string) => void;
  readonly consumerOf: (queue: string) => FakeConsumer;
  readonly forget: (peer: Peer) => void;
}

export function createAnswers(tune: () => object): Answers {
  const queues = new Set<string>();
  const consumers = new Set<FakeConsumer>();
  const channels = new Map<Peer, Map<number, ChannelState>>();
  let named = 0;

  function stateOf(peer: Peer, channel: number): ChannelState {
    const own = channels.get(peer) ?? new Map<number, ChannelState>();
    channels.set(peer, own);
    const state = own.get(channel) ?? { isConfirming: false, published: 0, delivered: 0 };
    own.set(channel, state);
    return state;
  }

  function endChannel(peer: Peer, channel: number): void {
    channels.get(peer)?.delete(channel);
    for (const each of consumers) if (each.peer === peer && each.channel === channel) consumers.delete(each);
  }

  function consumerOf(queue: string): FakeConsumer {
    const found = [...consumers].find((each) => each.queue === queue);
    if (!found) throw new Error(`expected somebody to consume ${queue}, got nobody`);
    return found;
  }

  function accept({ peer, channel, fields, properties, body }: Call): (how?: 'basic.ack' | 'basic.nack') => void {
    const state = stateOf(peer, channel);
    const deliveryTag = (state.published += 1);
    const queue = String(fields['routingKey']);
    const { exchange, mandatory } = fields;
    if ([...consumers].some((each) => each.queue === queue)) deliver(queue, { properties, body }, { exchange });
    else if (mandatory === true && !queues.has(queue)) {
      const said = { replyCode: 312, replyText: 'NO_ROUTE', exchange, routingKey: queue };
      peer.send(channel, 'basic.return', said, { properties, body });
    }
    return (how = 'basic.ack') => {
      if (state.isConfirming) peer.send(channel, how, { deliveryTag, multiple: false });
    };
  }

  function deliver(queue: string, content: Content, fields: object = {}): void {
    const { peer, channel, tag } = consumerOf(queue);
    const deliveryTag = (stateOf(peer, channel).delivered += 1);
    const said = { consumerTag: tag, deliveryTag, redelivered: false, exchange: '', routingKey: queue, ...fields };
    peer.send(channel, 'basic.deliver', said, content);
  }

  function answer(call: Call): void {
    const { peer, channel, method, fields } = call;
    const reply = (name: string, said: object = {}) => peer.send(channel, name, said);
    const queue = String(fields['queue']);
    switch (method) {
      case 'connection.start-ok':
        return reply('connection.tune', { channelMax: 2_047, ...tune() });
      case 'channel.close':
      case 'channel.close-ok':
        endChannel(peer, channel);
        break;
      case 'confirm.select':
        stateOf(peer, channel).isConfirming = true;
        break;
      case 'queue.declare': {
        const name = queue === '' ? `amq.gen-${++named}` : queue;
        if (fields['passive'] === true && !queues.has(name)) {
          const replyText = `NOT_FOUND - no queue '${name}' in vhost '/'`;
          return reply('channel.close', { replyCode: 404, replyText, classId: 50, methodId: 10 });
        }
        queues.add(name);
        const consumerCount = [...consumers].filter((each) => each.queue === name).length;
        return reply('queue.declare-ok', { queue: name, messageCount: 0, consumerCount });
      }
      case 'queue.delete':
        queues.delete(queue);
        return reply('queue.delete-ok', { messageCount: 0 });
      case 'basic.consume': {
        const tag = `tag-${++named}`;
        consumers.add({ peer, channel, queue, tag });
        return reply('basic.consume-ok', { consumerTag: tag });
      }
      case 'basic.cancel':
        for (const each of consumers) if (each.tag === fields['consumerTag']) consumers.delete(each);
        return reply('basic.cancel-ok', { consumerTag: fields['consumerTag'] });
      case 'basic.publish':
        return accept(call)();
      case 'basic.ack':
      case 'basic.nack':
        return;
    }
    if (!method.endsWith('-ok')) reply(`${method}-ok`);
  }

  return {
    answer,
    accept,
    deliver,
    cancel(queue) {
      const consumer = consumerOf(queue);
      consumers.delete(consumer);
      consumer.peer.send(consumer.channel, 'basic.cancel', { consumerTag: consumer.tag, nowait: true });
    },
    consumerOf,
    forget(peer) {
      for (const channel of channels.get(peer)?.keys() ?? []) endChannel(peer, channel);
      channels.delete(peer);
    },
  };
}
