import { expect, test } from 'vitest';
import { readArrival, type Arrival } from '../../../transports/amqp/arrival.js';
import type { RawProperties } from '../../../transports/amqp/wire.js';

function arrival(accounts: readonly string[], properties: RawProperties): Arrival {
  const fields = { exchange: 'samovar.node-1', routingKey: 'node-1', redelivered: false, deliveryTag: 1 };
  const rules = {
    address: 'node-1',
    accounts: new Set(accounts),
    replyRoute: 'request-exchange',
    maxBodyBytes: 100,
    ownAddresses: new Set<string>(),
    allows: () => true,
    newId: () => 'new',
  } as const;
  const read = readArrival({ content: Buffer.from('{}'), fields, properties }, rules, 5);
  if ('refused' in read) throw new Error('expected it to be read');
  return read;
}

const headers = {
  'samovar-sender': 'root',
  'samovar-exchange': 'internal',
  'samovar-attempts': '2',
  'samovar-first-seen': '3',
};

test.each(['ann', 'bob'])('a copy is believed who sent it if it is of an own account (%s)', (userId) => {
  expect(arrival(['ann', 'bob'], { userId, headers })).toMatchObject({
    sender: 'root',
    exchange: 'internal',
    attempts: 2,
    firstSeenMs: 3,
  });
});

test.each([undefined, 'eve'])('what somebody else sends is never believed to be a copy (%s)', (userId) => {
  expect(arrival(['ann'], { userId, headers })).toMatchObject({
    sender: userId,
    exchange: '',
    attempts: 0,
    firstSeenMs: 5,
  });
});

test('without an account of its own a copy is believed nothing but its attempts', () => {
  const properties = { replyTo: 'samovar.inbox.x', headers };
  const read = arrival([], properties);
  expect(read).toMatchObject({ sender: undefined, exchange: '', attempts: 2, firstSeenMs: 3 });
  expect(read.message.replyTo).toBe('samovar.inbox.x');
});

test('a request whose reply is for nobody is a one-way request', () => {
  expect(arrival([], { replyTo: 'samovar.inbox.nobody' }).message.replyTo).toBeUndefined();
});
