import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { sharedRabbitmq } from '../../support/shared-rabbitmq.js';
import { withoutDeepHeaders } from '../../../transports/amqp/deep-headers.js';
import { eventually, openLab, work, type Lab } from './lab.js';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab(await sharedRabbitmq());
});
afterEach(() => lab.sweep());
afterAll(() => lab.end());

/** One entry `k` in another, `levels` deep: the client library could not encode that. */
function nested(levels: number, type: 'F' | 'A'): Buffer {
  const entry = type === 'F' ? Buffer.from('\x01kF') : Buffer.from('A');
  const inner: Buffer[] = [];
  let size = 0;
  for (let level = 1; level < levels; level += 1) {
    inner.unshift(Buffer.concat([entry, uint32(size)]));
    size += entry.length + 4;
  }
  return type === 'F' ? Buffer.concat(inner) : Buffer.concat([Buffer.from('\x01k'), ...inner]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function payload(table: Buffer): Buffer {
  const start = Buffer.alloc(12);
  const properties = Buffer.from('\xb0\x00\x04json', 'latin1');
  return Buffer.concat([start, properties, uint32(table.length), table, Buffer.from([2])]);
}

describe('headers of a message', () => {
  test.each(['F', 'A'] as const)('nested 64 levels deep (%s) are left, and one more are dropped', (type) => {
    expect(withoutDeepHeaders(payload(nested(64, type)))).toBeUndefined();
    expect(withoutDeepHeaders(payload(nested(65, type)))).toEqual(payload(Buffer.alloc(0)));
    expect(withoutDeepHeaders(payload(nested(20_000, type)))).toEqual(payload(Buffer.alloc(0)));
  });

  test('that are no table are dropped, and those that are of any type are left', () => {
    expect(withoutDeepHeaders(payload(Buffer.from('\x01k?')))).toEqual(payload(Buffer.alloc(0)));
    expect(withoutDeepHeaders(payload(Buffer.from('\x01kS\xff\xff\xff\xff', 'latin1')))).toBeDefined();
    const types = ['V', 't1', 'b1', 'B1', 's12', 'u12', 'I1234', 'i1234', 'f1234', 'D12345', 'd12345678', 'l12345678'];
    const table = [...types, 'T12345678', 'S\0\0\0\x01x', 'x\0\0\0\x01x', 'A\0\0\0\x01V', 'F\0\0\0\0'];
    expect(withoutDeepHeaders(payload(Buffer.from(table.map((value) => `\x01k${value}`).join(''))))).toBeUndefined();
  });
});

test('a worker answers a message with 6,000 tables in each other like any other', async () => {
  const worker = await work(lab.connect());
  const connection = await lab.foreigner();
  const channel = await connection.createConfirmChannel();
  // In place of a table of as many bytes.
  const table = nested(6_000, 'F');
  const stand = Buffer.concat([Buffer.from('\x01kS'), uint32(table.length - 7), Buffer.alloc(table.length - 7, 'k')]);
  const { connection: raw } = connection as unknown as { connection: { sendBytes(bytes: Buffer): void } };
  const { stream } = raw as unknown as { stream: { write(chunk: Buffer): boolean } };
  const write = stream.write.bind(stream);
  stream.write = (chunk) => {
    const at = chunk.indexOf(stand);
    if (at >= 0) table.copy(chunk, at);
    return write(chunk);
  };
  channel.publish('greet', worker.address, Buffer.from('{}'), {
    contentType: 'application/json',
    messageId: 'deep',
    headers: { k: 'k'.repeat(table.length - 7) },
  });
  await channel.waitForConfirms();
  await eventually(() => worker.seen.length === 1);
  expect(worker.seen[0]?.message).toMatchObject({ id: 'deep', headers: {}, body: '{}' });
  expect(worker.transport.health()).toMatchObject({ reconnects: 0, counters: { headers_dropped: 1 } });
});
