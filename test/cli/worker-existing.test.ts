import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect, type ConsumeMessage } from 'amqplib';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { sharedRabbitmq, type SharedBroker } from '../support/shared-rabbitmq.js';
import { openBench, testFolder } from './worker/kit.js';

let broker: SharedBroker;
beforeAll(async () => {
  broker = await sharedRabbitmq();
});

/** As it lies on machines: only the broker's place and the virtual host's name are the test's. */
function existingConfiguration({ port, name }: { port: string; name: string }): string {
  return `log_server: {host: localhost, port: 5140}
server:
  host: 127.0.0.1
  port: ${port}
  username: guest
  password: guest
  ssl: false
virtual_hosts:
  ${name}:
    queue: node-1
    max_simultaneous_requests: 5
    fernet_key: null
    exchanges:
      dx_example:
        type: direct
`;
}

it('the configuration of the Python consumer starts a worker unchanged, answers its callers, and survives what they send', async () => {
  const { name, url } = await broker.createVirtualHost();
  const path = join(await testFolder(), 'rabbitmq.yml');
  const content = existingConfiguration({ port: new URL(url).port, name });
  await writeFile(path, content);
  const bench = await openBench();
  const worker = await bench.worker([], { env: { CONFIG_FILE_PATH: path, SAMOVAR_HANDLERS: 'samovar/handlers' } });
  expect(await readFile(path, 'utf8')).toBe(content);
  expect(worker.log.find(({ msg }) => msg.includes('log_server'))).toMatchObject({ level: 'warn' });

  const call = await existingCaller(url);
  const tolerable = { success: true, message: 'Determined toleration', data: { tolerable: true } };
  expect(await call('{"favourite_food": "banana", "chance_percentage": 100}')).toEqual(tolerable);
  for (let bad = 1; bad <= 5; bad++) {
    expect(await call(`{"favourite_food": ${bad}}`)).toMatchObject({ success: false, data: null });
  }
  expect(await call('{broken')).toMatchObject({ success: false, error: { code: 'invalid_request' } });
  await call('{"favourite_food": "banana", "chance_percentage": 100}', { isOneWay: true });
  expect(await call('{"favourite_food": "banana", "chance_percentage": 100}')).toEqual(tolerable);

  await expect.poll(() => worker.log.filter(({ msg }) => msg === 'request ended').length).toBe(9);
  const [first] = worker.log.filter(({ msg }) => msg === 'request ended');
  expect(first).toMatchObject({ virtualHost: name, action: 'dx_example', disposition: 'ack', level: 'info' });
  expect(worker.stderr).not.toContain('banana');
});

it('samovar.example.yml starts a worker, with the broker of the environment', async () => {
  await broker.management('PUT', '/vhosts/trees');
  onTestFinished(() => broker.deleteVirtualHost('trees'));
  const { hostname, port, username, password } = new URL(broker.url);
  const bench = await openBench();
  const config = fileURLToPath(new URL('../../samovar.example.yml', import.meta.url));
  const worker = await bench.worker(['--config', config], {
    env: {
      ...{ RABBITMQ_HOST: hostname, RABBITMQ_PORT: port },
      ...{ RABBITMQ_USERNAME: username, RABBITMQ_PASSWORD: password },
    },
  });
  expect(await bench.status('--vhost', 'trees')).toMatchObject({ code: 0 });
  worker.kill('SIGTERM');
  expect(await worker.exited).toEqual({ code: 0, signal: null });
});

/** A caller as existing ones are written: exchange, callback queue, `reply_to` and `correlation_id`. */
async function existingCaller(url: string) {
  const connection = await connect(url);
  onTestFinished(() => connection.close());
  const channel = await connection.createConfirmChannel();
  await channel.assertExchange('dx_example', 'direct', { durable: false });
  const { queue } = await channel.assertQueue('', { exclusive: true, durable: false });
  const waiting = new Map<unknown, (body: unknown) => void>();
  const onReply = (message: ConsumeMessage | null) => {
    waiting.get(message?.properties.correlationId)?.(JSON.parse(message?.content.toString() ?? ''));
  };
  await channel.consume(queue, onReply, { noAck: true });
  let calls = 0;
  return async (body: string, { isOneWay = false } = {}): Promise<unknown> => {
    const correlationId = `call ${(calls += 1)}`;
    const reply = new Promise((resolve) => waiting.set(correlationId, resolve));
    const properties = { correlationId, ...(isOneWay ? {} : { replyTo: queue }) };
    channel.publish('dx_example', 'node-1', Buffer.from(body), properties);
    await channel.waitForConfirms();
    return isOneWay ? undefined : reply;
  };
}
