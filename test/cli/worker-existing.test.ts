import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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
  expect(await call('{"favourite_food": "banana"}')).toEqual(tolerable);
  for (let bad = 1; bad <= 5; bad++) {
    expect(await call(`{"favourite_food": ${bad}}`)).toMatchObject({ success: false, data: null });
  }
  expect(await call('{broken')).toMatchObject({ success: false, error: { code: 'invalid_request' } });
  await call('{"favourite_food": "banana"}', { isOneWay: true });
  expect(await call('{"favourite_food": "banana"}')).toEqual(tolerable);

  await expect.poll(() => worker.log.filter(({ msg }) => msg === 'request ended').length).toBe(9);
  const [first] = worker.log.filter(({ msg }) => msg === 'request ended');
  expect(first).toMatchObject({ virtualHost: name, action: 'dx_example', disposition: 'ack', level: 'info' });
  expect(worker.stderr).not.toContain('banana');
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
