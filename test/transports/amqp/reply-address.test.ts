import { test as propertyTest, fc } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import {
  decodeReplyPlace,
  encodeReplyPlace,
  isDirectReplyTo,
  mayReplyTo,
  patternTest,
} from '../../../transports/amqp/reply-address.js';
import { failureOf } from '../../../transports/amqp/send-errors.js';

const everything = { ownAddresses: new Set(['node-1']), allows: patternTest(['*']) };
const nothing = { ownAddresses: new Set<string>(), allows: patternTest([]) };

describe('a reply address', () => {
  test.each(['amq.gen-abc', 'amq.rabbitmq.reply-to.g1.h', 'samovar.inbox.shop.1'])(
    '%s is answered without being named',
    (name) => {
      expect(mayReplyTo(name, nothing)).toBe(true);
    },
  );

  test.each([
    'node-1',
    'node-2.quarantine',
    'node-2.retry.30s',
    'node-2.retry.5m',
    'node-2.retry.30m',
    'amq.rabbitmq.trace',
    'amq.rabbitmq.reply-to',
    'amq.rabbitmq.reply-to.garbage',
    'amq.rabbitmq.reply-to.AAAA.BBBB',
    'amq.rabbitmq.reply-to.g1',
    'amq.direct',
    'a\nb',
    '\u0001exchange\u0001key',
    'samovar.inbox.\u007f',
  ])('%j is refused whatever is allowed', (name) => {
    expect(mayReplyTo(name, everything)).toBe(false);
  });

  test('of another name is answered only where a pattern allows it', () => {
    const rules = { ownAddresses: new Set<string>(), allows: patternTest(['callers.*', 'a+b', '*-replies']) };
    expect(['callers.', 'callers.x', 'a+b', 'web-replies'].every((name) => mayReplyTo(name, rules))).toBe(true);
    expect(['Callers.x', 'xcallers.y', 'aab', 'a+bc', 'replies', ''].some((name) => mayReplyTo(name, rules))).toBe(
      false,
    );
  });

  test('of direct reply-to is not written to again once a connection was lost over it', () => {
    const lost = { kind: 'lost', reason: undefined } as const;
    const direct = failureOf(lost, { exchange: '', routingKey: 'amq.rabbitmq.reply-to.g1.h' });
    expect([direct.code, direct.sent]).toEqual(['unroutable', 'maybe']);
    expect(failureOf(lost, { exchange: '', routingKey: 'samovar.inbox.x' }).code).toBe('unavailable');
  });

  test('of direct reply-to is known', () => {
    expect([isDirectReplyTo('amq.rabbitmq.reply-to.x'), isDirectReplyTo('amq.gen-x')]).toEqual([true, false]);
  });

  const name = fc.string({ minLength: 1 }).filter((text) => !text.includes('\u0001'));
  propertyTest.prop([fc.oneof(fc.constant(''), name), name])(
    'survives being written into a message',
    (exchange, routingKey) => {
      expect(decodeReplyPlace(encodeReplyPlace({ exchange, routingKey }))).toEqual({ exchange, routingKey });
    },
  );

  propertyTest.prop([fc.string()])('of any text leads nowhere but where it says', (replyTo) => {
    if (mayReplyTo(replyTo, everything))
      expect(decodeReplyPlace(replyTo)).toEqual({ exchange: '', routingKey: replyTo });
  });
});
