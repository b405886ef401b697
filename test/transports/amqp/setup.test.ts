import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createManualClock } from '../../../src/testing/index.js';
import { createAmqpTransport } from '../../../transports/amqp/index.js';
import { startFakeAmqpServer } from '../../support/fake-amqp-server.js';
import { sharedRabbitmq } from '../../support/shared-rabbitmq.js';
import { eventually, message, openLab, rejection, work, type Lab } from './lab.js';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab(await sharedRabbitmq());
});
afterEach(() => lab.sweep());
afterAll(() => lab.end());

/** The lab's URL with something in it changed. */
function changed(change: (url: URL) => void): string {
  const url = new URL(lab.url);
  change(url);
  return url.href;
}

describe('a set-up that cannot work', () => {
  test('fails the first use and names the setting: a wrong password, which is nowhere shown', async () => {
    const canary = 'canary-3f9a';
    const transport = lab.connect({ url: changed((url) => (url.password = canary)) });
    for (const use of [
      () => work(transport),
      () => transport.send('node-1', message()),
      () => transport.openInbox({ receive: () => undefined, lost: () => undefined }),
      () => transport.connect(),
    ]) {
      const error = await rejection(use());
      expect([error.code, error.sent]).toEqual(['setup', 'no']);
      expect(error.message).toMatch(/user and password in url/);
      expect(`${error.message} ${error.stack} ${JSON.stringify(error.cause)}`).not.toContain(canary);
    }
    expect(JSON.stringify(transport.health())).not.toContain(canary);
    expect(lab.logged.join('\n')).not.toContain(canary);
  });

  test('fails the first use and names the setting: a virtual host that is not there', async () => {
    const error = await rejection(lab.connect({ url: changed((url) => (url.pathname = '/no-such-place')) }).connect());
    expect(error.code).toBe('setup');
    expect(error.message).toMatch(/refused virtual host "no-such-place".*Look at the path of url/);
  });

  test('fails the first use and names the setting: a virtual host that is another user’s', async () => {
    const { name } = await lab.broker.createVirtualHost();
    const { url } = await lab.broker.createUser({ virtualHost: lab.virtualHost });
    const elsewhere = new URL(url);
    elsewhere.pathname = `/${name}`;
    const error = await rejection(lab.connect({ url: elsewhere.href }).connect());
    expect(error.code).toBe('setup');
    expect(error.message).toContain(name);
    await lab.broker.deleteVirtualHost(name);
  });

  test('is not tried again at once by the next use, and works once it is mended', async () => {
    const before = lab.proxy.accepted;
    const user = await lab.broker.createUser({ virtualHost: lab.virtualHost });
    await lab.broker.management('PUT', `/users/${user.name}`, { password: 'other', tags: '' });
    const transport = lab.connect({ url: lab.proxy.through(user.url), random: { uuid: () => 'x', unit: () => 0.999 } });
    for (let count = 0; count < 50; count += 1) await rejection(transport.connect());
    expect(lab.proxy.accepted - before).toBeLessThanOrEqual(4);
    await lab.broker.management('PUT', `/users/${user.name}`, { password: user.password, tags: '' });
    await eventually(() =>
      transport.connect().then(
        () => true,
        () => false,
      ),
    );
    expect(transport.status).toBe('ready');
  });

  test.each([
    ['durable', { durable: false }],
    ['auto_delete', { durable: true, autoDelete: true }],
  ])('fails consuming where the queue differs in %s', async (argument, form) => {
    const channel = await (await lab.foreigner()).createChannel();
    await channel.assertQueue(`other-${argument}`, form);
    const error = await rejection(work(lab.connect(), undefined, { address: `other-${argument}` }));
    expect(error.code).toBe('setup');
    expect(error.message).toContain(`queue "other-${argument}"`);
    expect(error.message).toContain(argument);
  });

  test('fails consuming where the queue is another connection’s alone', async () => {
    const channel = await (await lab.foreigner()).createChannel();
    await channel.assertQueue('private', { exclusive: true });
    const error = await rejection(work(lab.connect(), undefined, { address: 'private' }));
    expect(error.code).toBe('setup');
    expect(error.message).toContain('queue "private"');
  });

  test.each([
    ['type', 'fanout', { durable: false }],
    ['auto_delete', 'direct', { durable: false, autoDelete: true }],
    ['auto_delete', 'direct', { durable: true, autoDelete: true }],
  ] as const)('fails consuming where an exchange differs in %s (%s, %o)', async (argument, type, form) => {
    const channel = await (await lab.foreigner()).createChannel();
    const name = `action-${argument}-${type}-${form.durable}`;
    await channel.assertExchange(name, type, form);
    const transport = lab.connect();
    const error = await rejection(work(transport, undefined, { actions: [name] }));
    expect(error.code).toBe('setup');
    expect(error.message).toContain(`another ${argument}`);
    // Other addresses of the same process go on.
    const other = await work(transport);
    await transport.send(other.address, message());
    await eventually(() => other.seen.length === 1);
  });

  test('fails consuming without the right to read the queue', async () => {
    const { url } = await lab.broker.createUser({ virtualHost: lab.virtualHost, read: '^(greet|samovar\\..*)$' });
    const error = await rejection(work(lab.connect({ url }), undefined, { address: 'unreadable' }));
    expect(error.code).toBe('setup');
    expect(error.message).toMatch(/read permission/);
  });
});

describe('a broker that does not prove itself', () => {
  test('by TLS is refused, and not spoken to without it', async () => {
    const error = await rejection(lab.connect({ url: changed((url) => (url.protocol = 'amqps:')) }).connect());
    expect(error.code).toBe('setup');
    expect(error.message).toMatch(/prove itself by TLS.*tls\.ca/);
  });
});

describe('a transport that was closed', () => {
  test('leaves no timer, whatever was going on', async () => {
    const clock = createManualClock({ startMs: Date.now() });
    const transport = lab.connect({ clock, waitForBrokerMs: 60_000 });
    const worker = await work(transport, () => ({ kind: 'retry', afterMs: 5_000 }));
    await transport.openInbox({ receive: () => undefined, lost: () => undefined });
    await transport.send(worker.address, message());
    await eventually(() => worker.seen.length === 1 && transport.health().counters['held_retries'] === 1);
    await lab.proxy.down();
    await eventually(() => transport.status === 'connecting');
    const waiting = rejection(transport.send(worker.address, message({ expiresAt: clock.now() + 50_000 })));
    await transport.close();
    expect((await waiting).code).toBe('closed');
    await eventually(() => clock.pending() === 0);
    await lab.proxy.up();
  });
});

describe('what exists already', () => {
  test('is adopted where an exchange is durable and we would not make it so, and the other way round', async () => {
    const channel = await (await lab.foreigner()).createChannel();
    await channel.assertExchange('lasting', 'direct', { durable: true });
    await channel.assertExchange('passing', 'direct', { durable: false });
    const one = await work(lab.connect(), undefined, { actions: ['lasting'] });
    const two = await work(lab.connect({ durableExchanges: true }), undefined, { actions: ['passing'] });
    await one.transport.send(one.address, message({ action: 'lasting' }));
    await two.transport.send(two.address, message({ action: 'passing' }));
    await eventually(() => one.seen.length + two.seen.length === 2);
  });

  test('is adopted with a warning where a queue has other x-arguments', async () => {
    const channel = await (await lab.foreigner()).createChannel();
    await channel.assertQueue('limited', { durable: true, arguments: { 'x-max-length': 7 } });
    const worker = await work(lab.connect(), undefined, { address: 'limited' });
    await worker.transport.send('limited', message());
    await eventually(() => worker.seen.length === 1);
    expect(lab.logged.filter((line) => line.includes('"limited"') && line.includes('x-max-length')).length).toBe(1);
  });

  test('is enough for a worker without the right to configure, and what is missing is named', async () => {
    const made = await work(lab.connect(), undefined, { address: 'prepared' });
    await made.transport.close();
    const rights = { virtualHost: lab.virtualHost, configure: '^$' };
    const { url } = await lab.broker.createUser(rights);
    const worker = await work(lab.connect({ url }), undefined, { address: 'prepared' });
    await worker.transport.send('prepared', message());
    await eventually(() => worker.seen.length === 1);
    const error = await rejection(work(lab.connect({ url }), undefined, { address: 'unprepared' }));
    expect(error.code).toBe('setup');
    expect(error.message).toMatch(/configure permission on queue "unprepared" .* or it to exist/);
  });

  test('the connections are named after program, address and use', async () => {
    const worker = await work(lab.connect({ app: 'shop' }), undefined, { address: 'named' });
    const found = (await lab.broker.management('GET', `/vhosts/${lab.virtualHost}/connections`)) as {
      client_properties?: { connection_name?: string };
    }[];
    const names = found.map((each) => each.client_properties?.connection_name);
    // With statistics switched off the management API may list none.
    if (names.length > 0) expect(names).toEqual(expect.arrayContaining(['samovar shop named publish']));
    await worker.stop();
  });
});

describe('a broker that is not there yet', () => {
  test('is waited for', async () => {
    await lab.proxy.down();
    const transport = lab.connect();
    const connecting = transport.connect();
    await eventually(() => transport.health().reason?.includes('ECONNREFUSED') === true);
    await lab.proxy.up();
    await connecting;
    expect(transport.status).toBe('ready');
  });

  test('is waited for as long as waitForBrokerMs says', async () => {
    await lab.proxy.down();
    const transport = lab.connect({ waitForBrokerMs: 150 });
    const sending = rejection(transport.send('node-1', message()));
    const error = await rejection(transport.connect());
    expect([error.code, error.sent]).toEqual(['unavailable', 'no']);
    expect(error.message).toMatch(/waitForBrokerMs \(150\)/);
    expect((await sending).code).toBe('unavailable');
    await lab.proxy.up();
    await eventually(() =>
      transport.connect().then(
        () => true,
        () => false,
      ),
    );
  });

  test('closing gives up a connection that is being made, at once', async () => {
    const silent: Server = createServer(() => undefined).listen(0, '127.0.0.1');
    await eventually(() => silent.listening);
    const transport = createAmqpTransport({ url: `amqp://127.0.0.1:${(silent.address() as AddressInfo).port}` });
    const connecting = rejection(transport.connect());
    await transport.close();
    expect((await connecting).code).toBe('closed');
    expect(transport.status).toBe('closed');
    await new Promise((resolve) => silent.close(resolve));
  });

  test('of several, another one is tried at once', async () => {
    const dead = lab.proxy.port;
    await lab.proxy.down();
    const { host } = new URL(lab.url);
    for (const unit of [0, 0.999]) {
      const random = { uuid: () => crypto.randomUUID(), unit: () => unit };
      const url = changed((each) => (each.port = String(dead)));
      await lab.connect({ url, hosts: [host], random }).connect();
    }
    await lab.proxy.up();
  });

  test('that is still recovering its virtual host is waited for, at the first start too', async () => {
    const fake = await startFakeAmqpServer();
    const replyText = "INTERNAL_ERROR - access to vhost 'shop' refused for user 'guest': vhost 'shop' is down";
    let refusals = 0;
    fake.answers.set('connection.open', ({ peer }) => {
      refusals += 1;
      peer.send(0, 'connection.close', { replyCode: 541, replyText, classId: 10, methodId: 40 });
    });
    const clock = createManualClock();
    const transport = createAmqpTransport({ url: fake.url, clock });
    const connecting = transport.connect();
    let connected = false;
    void connecting.then(() => (connected = true));
    for (let elapsedMs = 0; elapsedMs < 60_000; elapsedMs += 2_500) {
      const before = refusals;
      await clock.advance(5_000);
      await eventually(() => refusals > before);
    }
    expect(connected).toBe(false);
    expect(transport.health().reason).toMatch(/is down/);
    fake.answers.clear();
    await eventually(async () => {
      await clock.advance(1_000);
      return connected;
    });
    await connecting;
    const closing = transport.close();
    await closing;
    await fake.close();
  });

  test('that says no such virtual host by the same close is not waited for', async () => {
    const fake = await startFakeAmqpServer();
    const refusal = { replyCode: 530, replyText: 'NOT_ALLOWED - vhost shop not found', classId: 10, methodId: 40 };
    fake.answers.set('connection.open', ({ peer }) => peer.send(0, 'connection.close', refusal));
    const transport = createAmqpTransport({ url: fake.url });
    const error = await rejection(transport.connect());
    expect(error.code).toBe('setup');
    await transport.close();
    await fake.close();
  });
});
