import { connect as connectAmqp, type ChannelModel } from 'amqplib';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startFaultProxy, type FaultProxy } from './fault-proxy.js';
import { sharedRabbitmq } from './shared-rabbitmq.js';

describe('the fault proxy, with an echo server behind it', () => {
  let server: Server;
  let proxy: FaultProxy;
  let atServer: Buffer[];
  beforeEach(async () => {
    atServer = [];
    server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (data) => {
        atServer.push(data);
        socket.write(data);
      });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    proxy = await startFaultProxy((server.address() as AddressInfo).port);
  });
  afterEach(async () => {
    await proxy.close();
    server.close();
  });

  async function client(): Promise<Socket> {
    const socket = connect(proxy.port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  }

  async function received(socket: Socket, wanted: number): Promise<string> {
    let text = '';
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      text += String(chunk);
      if (text.length >= wanted) break;
    }
    return text;
  }

  test('passes bytes both ways', async () => {
    const socket = await client();
    socket.write('there and back');
    expect(await received(socket, 14)).toBe('there and back');
    expect([proxy.open, proxy.accepted]).toEqual([1, 1]);
    socket.destroy();
  });

  test('delays both ways', async () => {
    proxy.latency(60);
    const socket = await client();
    const startedAt = performance.now();
    socket.write('slow');
    expect(await received(socket, 4)).toBe('slow');
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(119);
    socket.destroy();
  });

  test.each(['up', 'down'] as const)('swallows what goes %s until it heals', async (direction) => {
    const [holed, passing] = await Promise.all([client(), client()]);
    proxy.blackHole(direction);
    holed.write('held');
    if (direction === 'down') await expect.poll(() => Buffer.concat(atServer).toString()).toBe('held');
    passing.end();
    expect(direction === 'up' ? atServer : [holed.bytesRead]).toEqual(direction === 'up' ? [] : [0]);
    proxy.heal();
    expect(await received(holed, 4)).toBe('held');
    holed.destroy();
  });

  test('passes small pieces', async () => {
    const socket = await client();
    socket.write('connected');
    await received(socket, 9);
    atServer.length = 0;
    proxy.slice(1);
    socket.write('abcdefghijklmnopqrstuvwxyz');
    expect(await received(socket, 26)).toBe('abcdefghijklmnopqrstuvwxyz');
    // The kernel may join some again, but not all of them.
    expect(atServer.length).toBeGreaterThan(3);
    socket.destroy();
  });

  test('cuts after exactly so many bytes', async () => {
    const socket = await client();
    const closed = once(socket, 'close');
    proxy.limitData(3, 'up');
    socket.write('abcdef');
    await closed;
    await expect.poll(() => Buffer.concat(atServer).toString()).toBe('abc');
  });

  test('resets, and closes', async () => {
    const [first, second] = [await client(), await client()];
    for (const socket of [first, second]) {
      socket.write('x');
      await received(socket, 1);
    }
    const errors = [first, second].map((socket) => once(socket, 'error'));
    proxy.reset();
    expect(String(await Promise.all(errors))).toMatch(/ECONNRESET.*ECONNRESET/);

    const third = await client();
    const end = once(third.resume(), 'end');
    proxy.cut();
    await end;
  });

  test('refuses connections while it is down', async () => {
    await proxy.down();
    const refused = connect(proxy.port, '127.0.0.1');
    expect(String((await once(refused, 'close').catch((error: unknown) => [error]))[0])).toContain('ECONNREFUSED');
    await proxy.up();
    const socket = await client();
    socket.write('back');
    expect(await received(socket, 4)).toBe('back');
    socket.destroy();
  });
});

describe('the fault proxy, with RabbitMQ behind it', () => {
  let proxy: FaultProxy;
  let url: string;
  let direct: ChannelModel;
  beforeAll(async () => {
    const broker = await sharedRabbitmq();
    const virtualHost = await broker.createVirtualHost();
    proxy = await startFaultProxy(broker.port);
    url = proxy.through(virtualHost.url);
    direct = await connectAmqp(virtualHost.url);
  });
  afterAll(async () => {
    await direct.close();
    await proxy.close();
  });

  async function messagesIn(queue: string): Promise<number> {
    const channel = await direct.createChannel();
    const { messageCount } = await channel.checkQueue(queue);
    await channel.close();
    return messageCount;
  }

  async function open(): Promise<ChannelModel> {
    const connection = await connectAmqp(url);
    connection.on('error', () => undefined);
    return connection;
  }

  test.each([
    { when: 'before', arrive: 1 },
    { when: 'after', arrive: 2 },
  ] as const)('cuts $when the second publish', async ({ when, arrive }) => {
    const connection = await open();
    const closed = new Promise((resolve) => connection.on('close', resolve));
    const channel = await connection.createChannel();
    const queue = `published-${when}`;
    await channel.assertQueue(queue);
    const cut = proxy.cutAt({ method: 'basic.publish', direction: 'up', when, skip: 1 });
    for (const body of ['1', '2'.repeat(300_000), '3']) channel.sendToQueue(queue, Buffer.from(body));
    await Promise.all([cut, closed]);
    await expect.poll(() => messagesIn(queue)).toBe(arrive);
  });

  test('cuts before a delivery, which stays in the queue', async () => {
    const connection = await open();
    const closed = new Promise((resolve) => connection.on('close', resolve));
    const channel = await connection.createChannel();
    await channel.assertQueue('deliveries');
    channel.sendToQueue('deliveries', Buffer.from('x'));
    const cut = proxy.cutAt({ method: 'basic.deliver', direction: 'down', when: 'before' });
    const got: unknown[] = [];
    await channel.consume('deliveries', (message) => got.push(message)).catch(() => undefined);
    await Promise.all([cut, closed]);
    expect(got).toEqual([]);
    await expect.poll(() => messagesIn('deliveries')).toBe(1);
  });

  test('cuts after an acknowledgement, which counts', async () => {
    const connection = await open();
    const closed = new Promise((resolve) => connection.on('close', resolve));
    const channel = await connection.createChannel();
    await channel.assertQueue('acks');
    channel.sendToQueue('acks', Buffer.from('x'));
    const cut = proxy.cutAt({ method: 'basic.ack', direction: 'up', when: 'after' });
    await channel.consume('acks', (message) => message && channel.ack(message));
    await Promise.all([cut, closed]);
    await expect.poll(() => messagesIn('acks')).toBe(0);
  });

  test('lets a delivery overtake the confirm of its publish', async () => {
    const connection = await open();
    const channel = await connection.createConfirmChannel();
    const { queue } = await channel.assertQueue('', { exclusive: true });
    const seen: string[] = [];
    const delivered = new Promise<void>((resolve) => {
      void channel.consume(queue, () => resolve(void seen.push('delivered')), { noAck: true });
    });
    const release = proxy.hold('basic.ack', 'down');
    channel.sendToQueue(queue, Buffer.from('x'), {}, () => seen.push('confirmed'));
    await delivered;
    release();
    await channel.waitForConfirms();
    expect(seen).toEqual(['delivered', 'confirmed']);
    await connection.close();
  });
});
