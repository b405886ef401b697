import { test as propertyTest, fc } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import type { Message } from '../../../src/core/transport.js';
import { copyProperties } from '../../../transports/amqp/copy-properties.js';
import { rungFor } from '../../../transports/amqp/copier.js';
import { brokerVersion, queueArguments } from '../../../transports/amqp/versions.js';
import {
  bodyOf,
  countOf,
  epochOf,
  expirationOf,
  idOf,
  isJson,
  messageOf,
  propertiesOf,
  timeToLiveOf,
  type RawMessage,
  type RawProperties,
} from '../../../transports/amqp/wire.js';

const bare: Message = { id: 'm', action: 'greet', body: '{}', headers: {} };
const nobody = { app: 'shop', nowMs: 1_000_999, replyTo: undefined, account: undefined, deadlineOnly: {} };

function raw(properties: RawProperties): RawMessage {
  const fields = { exchange: 'greet', routingKey: 'node-1', redelivered: false, deliveryTag: 1 };
  return { content: Buffer.from('{}'), fields, properties };
}

describe('what is written', () => {
  test('is what the message is, and nothing that it is not', () => {
    expect(propertiesOf(bare, nobody)).toEqual({
      contentType: 'application/json',
      deliveryMode: 1,
      messageId: 'm',
      timestamp: 1_000,
      appId: 'shop',
      type: 'greet',
    });
    const full = {
      ...bare,
      persistent: true,
      correlationId: 'c',
      replyTo: 'alias',
      groupKey: 'g',
      expiresAt: 5_000_000.7,
    };
    const moment = { ...nobody, nowMs: 4_000_000, replyTo: 'queue', account: 'ann' };
    expect(propertiesOf({ ...full, headers: { a: 'b' } }, moment)).toMatchObject({
      deliveryMode: 2,
      correlationId: 'c',
      replyTo: 'queue',
      userId: 'ann',
      expiration: '1000001',
      headers: { a: 'b', 'samovar-deadline': '5000000', 'samovar-group': 'g' },
    });
  });

  propertyTest.prop([fc.double()])('has an expiration that the broker takes, whatever the time', (remainingMs) => {
    if (Number.isNaN(remainingMs)) return;
    expect(expirationOf(remainingMs)).toMatch(/^\d{1,10}$/);
    expect(Number(expirationOf(remainingMs))).toBeLessThanOrEqual(4_294_967_295);
  });
});

describe('what is read', () => {
  test('has the id it was given, else what tells two requests of a foreign caller apart, else a new one', () => {
    expect(idOf({ messageId: 'm', replyTo: 'q', correlationId: 'c' })).toBe('m');
    expect(idOf({ messageId: '', replyTo: 'q', correlationId: 'c' })).toBe('q#c');
    expect(idOf({ replyTo: 'q' })).toBeUndefined();
    expect(messageOf(raw({ messageId: 5 }), { body: '', newId: () => 'new' }).id).toBe('new');
  });

  test.each([
    ['1700000000000', 1_700_000_000_000],
    [1_700_000_000_000, 1_700_000_000_000],
    ['1e300', undefined],
    [1e300, undefined],
    [-1, undefined],
    [0, undefined],
    [1.5, undefined],
    ['', undefined],
    [' 5', undefined],
    [[5], undefined],
    [null, undefined],
    [Number.NaN, undefined],
    ['99999999999999999999', undefined],
  ])('a deadline of %j is %j', (value, expected) => {
    expect(epochOf(value)).toBe(expected);
  });

  test.each([
    ['500', 500],
    ['0', 0],
    ['99999999999', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['abc', undefined],
    [500, undefined],
  ])('an expiration of %j is %j', (expiration, expected) => {
    expect(timeToLiveOf({ expiration })).toBe(expected);
  });

  test.each([
    ['3', 3],
    [3, 3],
    [-1, 0],
    ['x', 0],
    [Number.NaN, 0],
    [1e300, 0],
    [undefined, 0],
  ])('a count of %j is %j', (value, expected) => {
    expect(countOf(value)).toBe(expected);
  });

  test('keeps a byte order mark, refuses what is no UTF-8, and decodes nothing that is too large', () => {
    expect(bodyOf(Buffer.from('\ufeff{}'), 100)).toEqual({ body: '\ufeff{}' });
    expect(bodyOf(Buffer.from([0xc0, 0x80]), 100)).toEqual({ body: '', unreadable: 'not_utf8' });
    expect(bodyOf(Buffer.alloc(101, 0xff), 100)).toEqual({ body: '', unreadable: 'too_large' });
  });

  test.each([
    [{}, true],
    [{ contentType: 'application/json' }, true],
    [{ contentType: 'Application/JSON; charset=utf-8' }, true],
    [{ contentType: 'application/json', contentEncoding: 'utf-8' }, true],
    [{ contentType: 'application/jsonp' }, false],
    [{ contentType: 'text/plain' }, false],
    [{ contentType: 7 }, false],
    [{ contentEncoding: 'gzip' }, false],
  ])('%j is JSON: %s', (properties, expected) => {
    expect(isJson(properties)).toBe(expected);
  });

  test('has the sender’s headers and none of the transport’s own', () => {
    const headers = {
      'x-mine': 'a',
      count: 3,
      big: 1e21,
      nan: Number.NaN,
      yes: false,
      none: null,
      list: ['a'],
      'samovar-idempotency-key': 'k',
      'samovar-attempts': '3',
      'samovar-sender': 'x',
      'samovar-deadline': '17',
      'x-death': [{}],
      'x-first-death-queue': 'q',
      'x-last-death-reason': 'expired',
      CC: ['x'],
      BCC: 'y',
    };
    const { headers: kept, expiresAt } = messageOf(raw({ headers }), { body: '', newId: () => 'n' });
    expect(kept).toEqual({ 'x-mine': 'a', count: '3', big: '1e+21', yes: 'false', 'samovar-idempotency-key': 'k' });
    expect(expiresAt).toBe(17);
  });

  test('takes a header called __proto__ for what it is', () => {
    const headers = Object.fromEntries([['__proto__', 'x']]);
    const message = messageOf(raw({ headers }), { body: '', newId: () => 'n' });
    expect(Object.keys(message.headers)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(message.headers)).toBe(Object.prototype);
  });

  const text = fc.string({ minLength: 1 });
  propertyTest.prop([
    fc.record({
      id: text,
      body: fc.string(),
      correlationId: text,
      groupKey: text,
      headers: fc.dictionary(text, fc.string()),
    }),
  ])('is what was written', (fields) => {
    const message: Message = { ...fields, action: 'a', expiresAt: 1_800_000_000_000 };
    const reserved = /^(CC|BCC|x-(first-|last-)?death(-.*)?|samovar-.*)$/;
    if (Object.keys(fields.headers).some((name) => reserved.test(name))) return;
    const properties = propertiesOf(message, nobody) as RawProperties;
    expect(messageOf(raw(properties), { action: 'a', body: message.body, newId: () => 'n' })).toEqual({
      ...message,
      headers: { ...fields.headers },
    });
  });
});

describe('a copy', () => {
  const copied = {
    message: bare,
    exchange: 'greet',
    sender: undefined,
    firstSeenMs: 5,
    attempts: 2,
    impliedDeadlineMs: undefined,
  };
  const writer = { app: 'shop', account: 'ann' };

  test('of an id that does not fit into a property gets a new one', () => {
    const message = { ...bare, id: 'x'.repeat(300) };
    expect(
      copyProperties({ ...copied, message, raw: raw({}) }, writer, { keep: 'all', newId: () => 'new' }).messageId,
    ).toBe('new');
  });

  test('keeps headers of any type, and drops what the broker would obey and what an earlier copy said', () => {
    const headers = {
      n: 1,
      t: { a: [1] },
      CC: ['x'],
      'x-death': [{}],
      'samovar-reason': 'old',
      'samovar-attempts': '1',
    };
    expect(
      copyProperties({ ...copied, raw: raw({ headers }) }, writer, { keep: 'all', newId: () => 'new' }).headers,
    ).toEqual({
      n: 1,
      t: { a: [1] },
      'samovar-sender': '',
      'samovar-first-seen': '5',
      'samovar-attempts': '2',
      'samovar-exchange': 'greet',
    });
  });

  test('keeps plain headers alone where not all can be written', () => {
    const headers = { n: 1, t: { '!': 'none' }, '!': 'x', long: 'x'.repeat(2_000), 'samovar-group': 'g', mine: 'ü' };
    const kept = copyProperties({ ...copied, raw: raw({ headers }) }, writer, { keep: 'plain', newId: () => 'new' });
    expect(Object.keys(kept.headers as object).filter((name) => name in headers)).toEqual(['samovar-group', 'mine']);
  });

  test.each([
    [10_001, '30s'],
    [30_000, '30s'],
    [30_001, '5m'],
    [300_001, '30m'],
    [1e9, '30m'],
  ])('that waits %i ms goes to %s', (afterMs, name) => {
    expect(rungFor(afterMs).name).toBe(name);
  });
});

describe('the broker’s version', () => {
  test.each([
    ['3.10.8', 3, 10],
    ['4.1.0-rc.1', 4, 1],
    [undefined, 3, 10],
    ['unknown', 3, 10],
  ])('%s is read', (version, major, minor) => {
    expect(brokerVersion(version)).toEqual({ major, minor });
  });

  test('says how a quorum queue is kept from dropping what was redelivered', () => {
    expect(queueArguments('classic', brokerVersion('4.0.0'))).toEqual({});
    expect(queueArguments('quorum', brokerVersion('3.13.0'))).toEqual({ 'x-queue-type': 'quorum' });
    expect(queueArguments('quorum', brokerVersion('4.0.0'))).toHaveProperty('x-delivery-limit');
  });
});
