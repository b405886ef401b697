import { fc, test } from '@fast-check/vitest';
import { expect, test as plain } from 'vitest';
import type { Message } from '../../../src/core/transport.js';
import type { ReceivedMessage, SendEntry } from '../../../transports/sqs/api.js';
import { namesOf } from '../../../transports/sqs/names.js';
import { bytesOfEntry } from '../../../transports/sqs/sizes.js';
import { decode, decodeReply, encode, type Arrival, type WireRules } from '../../../transports/sqs/wire.js';
import { createSeededRandom } from '../../../src/testing/index.js';

const names = namesOf({ prefix: 'samovar-', random: createSeededRandom(1) });
const rules: WireRules = { maxBodyBytes: 1_000, believes: new Set(['AROAOPERATOR']), isInbox: names.isInbox };
const inbox = 'samovar-inbox-1';

/** What SQS refuses in a body and in attributes; and attributes may not be empty. */
// eslint-disable-next-line no-control-regex
const refused = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/u;

function received(entry: SendEntry, more: Partial<ReceivedMessage> = {}): ReceivedMessage {
  const { groupId, dedupId } = entry;
  return {
    ...{ messageId: 'sqs-1', receipt: 'r', receiveCount: 1, sentAt: 1_000, senderId: 'AIDACALLER:session' },
    ...{ body: entry.body, attributes: entry.attributes },
    ...(groupId !== undefined && { groupId }),
    ...(dedupId !== undefined && { dedupId }),
    ...more,
  };
}

function arrival(received: ReceivedMessage): Arrival {
  const reading = decode(received, 'jobs', rules);
  if (reading.kind !== 'request') throw new Error(`expected a request, got ${reading.kind}`);
  return reading;
}

const passed = (message: Message): Message => arrival(received(encode(message, 'jobs'))).message;

// Any UTF-16, lone surrogates too.
const text = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) });

test.prop([
  fc.record(
    {
      ...{ id: text, action: text, correlationId: text, groupKey: text },
      body: fc.jsonValue().map((value) => JSON.stringify(value)),
      headers: fc.dictionary(text, text),
      expiresAt: fc.integer({ min: 1, max: 8.64e15 }),
    },
    { requiredKeys: ['id', 'body', 'headers', 'action'] },
  ),
])('every message arrives as it was sent, in what SQS takes', (fields) => {
  const { headers: given, ...others } = fields;
  const headers = Object.fromEntries(
    Object.entries(given).filter(([name]) => !/^samovar-|^traceparent$/.test(name) && name !== '__proto__'),
  );
  const message: Message = { ...others, headers };
  const entry = encode(message, 'jobs');
  for (const value of [entry.body, ...Object.values(entry.attributes)]) {
    expect(value).not.toMatch(refused);
    expect(value).not.toBe('');
  }
  expect(Object.keys(entry.attributes).length).toBeLessThanOrEqual(10);
  expect(entry.groupId).toMatch(/^[\x21-\x7e]{1,128}$/);
  expect(entry.dedupId).toMatch(/^[\x21-\x7e]{1,128}$/);
  const got = passed(message);
  expect(got).toEqual(message);
});

test.prop([text])('any text of a body arrives; what is escaped in JSON means the same', (body) => {
  const got = passed({ id: '1', action: 'a', body, headers: {} });
  // It had such escapes of its own, beside characters that need them.
  if (got.body !== body) expect(body).toMatch(/\\u[0-9A-F]{4}/);
});

plain('fields travel in the attributes that other programs read', () => {
  const message: Message = {
    ...{ id: 'm1', action: 'restart', body: '{"a":1}', correlationId: 'c1', replyTo: inbox, expiresAt: 1_234.5 },
    headers: { 'samovar-idempotency-key': 'k1', traceparent: '00-ab-cd-01', 'x-other': 'ü' },
  };
  expect(encode(message, 'jobs')).toEqual({
    body: '{"a":1}',
    attributes: {
      ...{ id: 'm1', action: 'restart', 'correlation-id': 'c1', 'reply-to': inbox, deadline: '1234' },
      ...{ 'idempotency-key': 'k1', traceparent: '00-ab-cd-01', headers: '{"x-other":"ü"}' },
    },
    ...{ groupId: 'jobs', dedupId: 'm1' },
  });
  expect(encode(message, undefined)).not.toHaveProperty('groupId');
});

plain('a request without a group is in that of its address, and has none when it arrives', () => {
  expect(passed({ id: '1', action: 'a', body: '{}', headers: {} })).not.toHaveProperty('groupKey');
  expect(passed({ id: '1', action: 'a', body: '{}', headers: {}, groupKey: 'jobs' }).groupKey).toBe('jobs');
});

plain('equal groups get equal ids, however they are spelled', () => {
  for (const groupKey of ['with space', 'é', 'x'.repeat(200)]) {
    const [one, other] = ['1', '2'].map((id) => encode({ id, body: '{}', headers: {}, groupKey }, 'jobs').groupId);
    expect(one).toBe(other);
    expect(one).not.toBe(encode({ id: '3', body: '{}', headers: {}, groupKey: `${groupKey}!` }, 'jobs').groupId);
  }
});

plain.each([
  'https://127.0.0.1:9/evil',
  'https://sqs.eu-west-1.amazonaws.com/1/samovar-inbox-1',
  'samovar-jobs.fifo',
  'other-inbox-1',
  'samovar-inbox-',
  'samovar-inbox-../jobs',
  'samovar-inbox-1.fifo',
])('a request that wants its reply at %s is refused', (replyTo) => {
  const reading = decode(received({ body: '{}', attributes: { action: 'a', 'reply-to': replyTo } }), 'jobs', rules);
  expect(reading).toEqual({ kind: 'refused', id: 'sqs-1', replyTo });
});

plain('a request of somebody who has nothing but an SDK is read', () => {
  const { message, sender } = arrival(
    received({ body: '{"a":1}', attributes: { action: 'a', 'reply-to': inbox }, groupId: 'jobs', dedupId: 'x' }),
  );
  // The id that SQS told its sender is what the reply is found by.
  expect(message).toMatchObject({ id: 'sqs-1', action: 'a', body: '{"a":1}', replyTo: inbox, correlationId: 'sqs-1' });
  expect(sender).toBe('AIDACALLER');
});

plain('without the attribute, the body may name its service', () => {
  const body = '{"service": "availability", "parameters": {"test_only": true}}';
  expect(arrival(received({ body, attributes: {} })).message).toMatchObject({
    action: 'availability',
    body: '{"test_only":true}',
  });
  const noParameters = arrival(received({ body: '{"service":"availability"}', attributes: {} }));
  expect(noParameters.message.body).toBe('{}');
});

plain('with the attribute, such a body is only a body', () => {
  const body = '{"service":"availability","parameters":{}}';
  expect(arrival(received({ body, attributes: { action: 'other' } })).message).toMatchObject({ action: 'other', body });
});

plain.each(['', 'hello', 'null', '[]', '{"service":7}', '{"service":""}', '['.repeat(100_000)])(
  'a body like %.20s without an action is foreign',
  (body) => {
    expect(decode(received({ body, attributes: {} }), 'jobs', rules)).toEqual({
      ...{ kind: 'foreign', id: 'sqs-1', reason: 'no_action' },
    });
  },
);

plain('junk in the attributes harms nobody', () => {
  const attributes = { action: 'a', deadline: 'tomorrow', headers: '{"x":1,"y":{},"__proto__":"z","samovar-group":[]' };
  expect(arrival(received({ body: '{}', attributes })).message).toEqual({
    ...{ id: 'sqs-1', action: 'a', body: '{}', headers: {} },
  });
  const headers = '{"x":1,"y":{},"z":null,"ok":"1","samovar-sender":"admin"}';
  const read = arrival(received({ body: '{}', attributes: { action: 'a', headers } }));
  expect(read.message.headers).toEqual({ x: '1', ok: '1' });
});

plain('who sent a request is whom SQS vouches for, unless somebody who is believed says otherwise', () => {
  const headers = '{"samovar-sender":"AIDAFIRST"}';
  const attributes = { action: 'a', headers };
  expect(arrival(received({ body: '{}', attributes })).sender).toBe('AIDACALLER');
  expect(arrival(received({ body: '{}', attributes }, { senderId: 'AROAOPERATOR:me' })).sender).toBe('AIDAFIRST');
  const nobody = { action: 'a', headers: '{"samovar-sender":""}' };
  expect(arrival(received({ body: '{}', attributes: nobody }, { senderId: 'AROAOPERATOR:me' })).sender).toBeUndefined();
});

plain('a body over the limit is unreadable, and can still be answered', () => {
  const read = arrival(received({ body: `"${'x'.repeat(999)}"`, attributes: { action: 'a', 'reply-to': inbox } }));
  expect(read.unreadable).toBe('too_large');
  expect(read.message).toMatchObject({ body: '', action: 'a', replyTo: inbox });
});

plain('a reply keeps what its caller finds it by', () => {
  const entry = encode({ id: 'r1', body: '{"success":true}', headers: {}, correlationId: 'c1' }, undefined);
  expect(decodeReply(received(entry))).toEqual({
    ...{ id: 'r1', body: '{"success":true}', headers: {}, correlationId: 'c1' },
  });
});

plain('sizes count names, types and values', () => {
  expect(bytesOfEntry({ body: 'é', attributes: { id: 'ü' } })).toBe(2 + 2 + 'String'.length + 2);
});
