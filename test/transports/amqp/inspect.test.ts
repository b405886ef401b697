import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { inspectAddresses } from '../../../transports/amqp/index.js';
import { sharedRabbitmq } from '../../support/shared-rabbitmq.js';
import { eventually, message, openLab, rejection, work, type Lab } from './lab.js';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab(await sharedRabbitmq());
});
afterEach(() => lab.sweep());
afterAll(() => lab.end());

const nothing = { consumers: 0, waiting: 0, quarantined: 0, retrying: { '30s': 0, '5m': 0, '30m': 0 } };

test('tells for each address who serves it and what waits where, over one connection and without any permission', async () => {
  const worker = await work(lab.connect(), ({ message: { body } }) =>
    body === '"bad"' ? { kind: 'quarantine', reason: 'bad' } : { kind: 'retry', afterMs: 300_000 },
  );
  const left = await work(lab.connect());
  await left.stop();
  for (const body of ['"bad"', '{}', '{}']) await worker.transport.send(worker.address, message({ body }));
  await worker.transport.send(left.address, message());
  await eventually(() => {
    const { counters } = worker.transport.health();
    return counters['ladder_retries'] === 2 && counters['quarantined'] === 1;
  });
  const { url } = await lab.broker.createUser({
    virtualHost: lab.virtualHost,
    configure: '^$',
    write: '^$',
    read: '^$',
  });
  const before = lab.proxy.accepted;
  const addresses = ['nowhere', worker.address, 'nobody', left.address];
  const reports = await inspectAddresses({ url: lab.proxy.through(url) }, addresses);
  expect(reports).toEqual([
    { ...nothing, address: 'nowhere', exists: false },
    {
      address: worker.address,
      exists: true,
      consumers: 1,
      waiting: 0,
      quarantined: 1,
      retrying: { '30s': 0, '5m': 2, '30m': 0 },
    },
    { ...nothing, address: 'nobody', exists: false },
    { ...nothing, address: left.address, exists: true, waiting: 1 },
  ]);
  expect(lab.proxy.accepted - before).toBe(1);
  await eventually(() => lab.proxy.open === 2 * 2);
});

test('fails where no broker answers, and where it lets nobody in', async () => {
  const wrong = new URL(lab.url);
  wrong.password = 'canary-71';
  const refused = await rejection(inspectAddresses({ url: wrong.href }, ['a']));
  expect(refused.code).toBe('setup');
  expect(refused.message).not.toContain('canary-71');
  await lab.proxy.down();
  const away = await rejection(inspectAddresses({ url: lab.proxy.through(lab.url), waitForBrokerMs: 100 }, ['a']));
  expect(away.code).toBe('unavailable');
  await lab.proxy.up();
});
