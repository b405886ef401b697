import { connect, type ChannelModel } from 'amqplib';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startOwnRabbitmq, type OwnBroker } from './rabbitmq.js';
import { sharedRabbitmq, type SharedBroker } from './shared-rabbitmq.js';

describe('the broker that all tests share', () => {
  let broker: SharedBroker;
  beforeAll(async () => {
    broker = await sharedRabbitmq();
  });

  test('gives every test a virtual host of its own', async () => {
    const [one, other] = await Promise.all([broker.createVirtualHost(), broker.createVirtualHost()]);
    const connection = await connect(one.url);
    await (await connection.createChannel()).assertQueue('only-here');
    await connection.close();

    const elsewhere = await connect(other.url);
    elsewhere.on('error', () => undefined);
    const channel = await elsewhere.createChannel();
    channel.on('error', () => undefined);
    await expect(channel.checkQueue('only-here')).rejects.toThrow('NOT_FOUND');
    await elsewhere.close();
  });

  test('makes users with narrow rights', async () => {
    const { name } = await broker.createVirtualHost();
    const user = await broker.createUser({ virtualHost: name, configure: '^mine', write: '^$', read: '^$' });
    const connection = await connect(user.url);
    const channel = await connection.createChannel();
    channel.on('error', () => undefined);
    await channel.assertQueue('mine');
    await expect(channel.assertQueue('theirs')).rejects.toThrow('ACCESS_REFUSED');
    await connection.close();
  });

  test('closes the connections of one virtual host and of no other', async () => {
    const [one, other] = await Promise.all([broker.createVirtualHost(), broker.createVirtualHost()]);
    const closed = await connect(one.url);
    const untouched = await connect(other.url);
    const error = once(closed, 'close');
    await broker.closeConnections(one.name);
    expect(String((await error)[0])).toContain('CONNECTION_FORCED');
    await (await untouched.createChannel()).assertQueue('alive');
    await untouched.close();
  });
});

describe('a broker of your own', () => {
  let broker: OwnBroker;
  beforeAll(async () => {
    broker = await startOwnRabbitmq({ config: { consumer_timeout: 60_000 } });
  });
  afterAll(() => broker.close());

  test('keeps its data over a kill -9 and comes back at the same port', { timeout: 120_000 }, async () => {
    const { url } = await broker.createVirtualHost();
    const before = await open(url);
    const channel = await before.createConfirmChannel();
    await channel.assertQueue('kept', { durable: true });
    channel.sendToQueue('kept', Buffer.from('still here'), { persistent: true });
    await channel.waitForConfirms();
    const closed = new Promise((resolve) => before.on('close', resolve));
    const { pid } = broker;
    await broker.kill9();
    await closed;
    expect(existsSync(`/proc/${pid}`)).toBe(false);

    await broker.start();
    const after = await open(url);
    const message = await (await after.createChannel()).get('kept', { noAck: true });
    expect(message !== false && message.content.toString()).toBe('still here');
    await after.close();
  });

  test('blocks publishers while an alarm is on', async () => {
    const connection = await open(broker.url);
    const channel = await connection.createConfirmChannel();
    const { queue } = await channel.assertQueue('', { exclusive: true });
    await broker.setMemoryAlarm(true);
    let isBlocked = false;
    connection.once('blocked', () => (isBlocked = true));
    // A publisher is blocked by its first publish after its connection has heard of the alarm.
    await expect.poll(() => channel.sendToQueue(queue, Buffer.from('waits')) && isBlocked).toBe(true);
    const unblocked = once(connection, 'unblocked');
    await broker.setMemoryAlarm(false);
    await unblocked;
    await channel.waitForConfirms();
    await connection.close();
  });

  test('stands still until it is resumed', async () => {
    const connection = await open(broker.url);
    const channel = await connection.createChannel();
    broker.pause();
    let answered = false;
    const declared = channel.assertQueue('', { exclusive: true }).then(() => (answered = true));
    await expect(broker.management('GET', '/overview', undefined, AbortSignal.timeout(300))).rejects.toThrow();
    expect(answered).toBe(false);
    broker.resume();
    await declared;
    await connection.close();
  });
});

async function open(url: string): Promise<ChannelModel> {
  const connection = await connect(url);
  connection.on('error', () => undefined);
  return connection;
}
