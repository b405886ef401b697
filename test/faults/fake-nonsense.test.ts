import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Client } from '../../src/index.js';
import { echo } from '../e2e/stage.js';
import { encode, frameOf } from '../support/fake-amqp-codec.js';
import { answering, openFakeStage, type FakeStage } from './fake-stage.js';

let stage: FakeStage;
beforeEach(async () => {
  stage = await openFakeStage();
});
afterEach(() => stage.close());

/** A method frame's first bytes, that many being said to follow. */
function head(bytes: number): Buffer {
  const header = Buffer.from([1, 0, 1, 0, 0, 0, 0]);
  header.writeUInt32BE(bytes, 3);
  return header;
}
const close = (replyCode: number, replyText: string) =>
  encode(0, 'connection.close', { replyCode, replyText, classId: 0, methodId: 0 });
const delivery = { consumerTag: 'nobody', deliveryTag: 1, redelivered: false, exchange: '', routingKey: '' };
const bodyHeader = encode(1, 'basic.deliver', delivery, { body: 'abc' });

/** To this the client library closes a channel only. */
const ofChannels: readonly (readonly [what: string, bytes: Buffer])[] = [
  ['a body that nobody announced', frameOf(3, 1, Buffer.from('abc'))],
  ['more of a body than was announced', Buffer.concat([bodyHeader.subarray(0, -11), frameOf(3, 1, Buffer.alloc(9))])],
  ['a message to a consumer that there is not', bodyHeader],
];
const ofConnections: readonly (readonly [what: string, bytes: Buffer])[] = [
  ['the header of a frame of 4 GiB', head(0xffffffff)],
  ['the header of a frame that is larger than was agreed', head(1024 * 1024)],
  ['HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ['zeros', Buffer.alloc(100_000)],
  ['a frame of a type that there is not', frameOf(9, 0, Buffer.alloc(4))],
  ['a frame without its end', Buffer.concat([head(4), Buffer.alloc(5)])],
  ['a method that there is not', frameOf(1, 1, Buffer.from([0, 99, 0, 99]))],
  ['a method that is cut short', frameOf(1, 1, Buffer.from([0, 60, 0, 60, 200]))],
  ['an empty method', frameOf(1, 1, Buffer.alloc(0))],
  ['a method on a channel that nobody opened', encode(99, 'basic.ack', { deliveryTag: 1, multiple: false })],
  ['a method of connections on a channel', encode(1, 'connection.tune', { channelMax: 1, frameMax: 0, heartbeat: 0 })],
  ['a method of channels on none', encode(0, 'basic.ack', { deliveryTag: 1, multiple: false })],
  ['an answer that nobody asked for', encode(1, 'queue.delete-ok', { messageCount: 0 })],
  ['an internal error', close(541, 'INTERNAL_ERROR')],
  ['a frame error', close(501, 'FRAME_ERROR - cannot decode <<1,2,3>>')],
  ['that it has to go', close(320, 'CONNECTION_FORCED - broker forced connection closure')],
];

describe('a broker that says', () => {
  /** Workers may be back a moment later; what is sent until then is lost on this broker. */
  async function untilItWorks(client: Client): Promise<void> {
    const call = () => client.call(echo, { word: 'after' }, { to: stage.to, timeoutMs: 500 });
    await expect.poll(() => call().then(({ word }) => word, String)).toBe('after');
    expect(client.health()).toMatchObject({ pending: 0, transport: { status: 'ready' } });
  }

  test.each(ofConnections)(
    '%s has lost its connections and nothing else, and is connected to again',
    async (_, bytes) => {
      const server = await stage.serve([answering]);
      const client = stage.client();
      await client.call(echo, { word: 'before' }, { to: stage.to });
      for (const peer of stage.broker.peers) peer.write(bytes);
      await expect.poll(() => client.health().transport.reconnects).toBe(2);
      await expect.poll(() => server.health().transport.reconnects).toBe(2);
      await untilItWorks(client);
    },
  );

  test.each(ofChannels)('%s has lost a channel at most', async (_, bytes) => {
    await stage.serve([answering]);
    const client = stage.client();
    await client.call(echo, { word: 'before' }, { to: stage.to });
    for (const peer of stage.broker.peers) peer.write(bytes);
    await untilItWorks(client);
    expect(client.health().transport.reconnects).toBe(0);
  });

  test.each([...ofConnections, ...ofChannels])(
    '%s in place of letting a client in is tried again',
    async (_, bytes) => {
      stage.broker.answers.set('connection.start-ok', ({ peer }) => peer.write(bytes));
      const transport = stage.transport();
      const connected = stage.transports[0]?.connect();
      await expect.poll(() => transport.health().reason).toContain('no connection to');
      stage.broker.answers.clear();
      await connected;
      expect(transport.status).toBe('ready');
    },
  );

  test.each([100, 4_095])('frames of at most %i bytes, fewer than AMQP knows, is tried again', async (frameMax) => {
    stage.broker.tune = { frameMax, heartbeat: 60 };
    const transport = stage.transport();
    const connected = stage.transports[0]?.connect();
    await expect.poll(() => transport.health().reason).toContain(`frameMax ${frameMax}`);
    stage.broker.tune = { frameMax: 4_096, heartbeat: 60 };
    await connected;
  });
});

test('a broker that goes on and on with what is no frame uses up no memory', async () => {
  await stage.serve([answering]);
  const client = stage.client();
  await client.call(echo, { word: 'before' }, { to: stage.to });
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  for (let round = 1; round <= 4; round++) {
    for (const peer of stage.broker.peers)
      peer.write(Buffer.concat([head(0xffffffff), Buffer.alloc(4 * 1024 * 1024, 1)]));
    await expect.poll(() => client.health().transport.reconnects).toBeGreaterThanOrEqual(2 * round);
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }
  // What this test itself has written to four connections, twice.
  expect(most).toBeLessThan(2 * 4 * 4 * 1024 * 1024);
});
