import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import setUp, { settings } from '../../handlers/index.js';
import { systemClock } from '../../src/core/clock.js';
import { runDemo } from '../../src/cli/demo/command.js';
import { failureOf } from '../../src/cli/failure.js';
import { runTopology, type TopologyOptions } from '../../src/cli/topology/command.js';
import { createClient, defineAction, defineHandler, RetryLater, RpcError, startServer } from '../../src/index.js';
import { createAmqpTransport } from '../../transports/amqp/index.js';
import { recordedTerminal } from '../cli/recorded-terminal.js';
import type { User, VirtualHost } from '../support/rabbitmq-admin.js';
import { sharedRabbitmq, type SharedBroker } from '../support/shared-rabbitmq.js';

const mend = defineAction({ name: 'mend', summary: 'Works later.', request: z.object({}), response: z.object({}) });
const nodes = ['samovar-demo-1', 'samovar-demo-2'];
const demoActions = setUp({ settings: settings.parse({}), clock: systemClock }).map(({ action }) => action.name);
const { signal } = new AbortController();

let broker: SharedBroker;
let virtualHost: VirtualHost;
beforeAll(async () => {
  broker = await sharedRabbitmq();
  virtualHost = await broker.createVirtualHost();
});
afterAll(() => broker.deleteVirtualHost(virtualHost.name));

/** A user with exactly what the printed command gives, by running it. */
async function userByTopology(options: TopologyOptions): Promise<User> {
  const user = await broker.createUser({ virtualHost: virtualHost.name, configure: '^$', write: '^$', read: '^$' });
  const terminal = recordedTerminal();
  const parts = { terminal, env: {}, cwd: process.cwd() };
  await runTopology({ url: user.url, user: user.name, ...options }, parts);
  const [command = ''] = terminal.lines.filter((line) => line.startsWith('rabbitmqctl '));
  const [, ...words] = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '');
  expect(command).not.toContain('amq');
  await broker.ctl(words);
  return user;
}

async function demo(url: string) {
  const terminal = recordedTerminal();
  const exitCode = await runDemo({ transport: 'amqp', url }, { terminal, signal });
  return { exitCode, lines: terminal.lines };
}

describe('with exactly the permissions that samovar topology prints, the default exchange not among them', () => {
  test('the whole demo runs', async () => {
    const user = await userByTopology({ for: 'both', address: nodes, action: demoActions });
    const { exitCode, lines } = await demo(user.url);
    expect(lines.at(-1)).toBe('13 calls, all as expected');
    expect(exitCode).toBe(0);
  });

  test('a quarantine and a retry of 30 s run, worker and caller each with their own', async () => {
    // The broker takes the lower of a queue's own time and the policy's: nothing else about the rung is another.
    await broker.management('PUT', `/policies/${virtualHost.name}/hurry`, {
      pattern: '\\.retry\\.30s$',
      definition: { 'message-ttl': 1 },
      'apply-to': 'queues',
    });
    const serving = await userByTopology({ address: ['mender'], action: ['mend'] });
    const calling = await userByTopology({ for: 'caller', address: ['mender'], action: ['mend'] });
    const attempts: number[] = [];
    const transport = createAmqpTransport({ url: serving.url });
    const server = await startServer({
      transport,
      address: 'mender',
      handlers: [
        defineHandler(mend, {
          retry: { attempts: 2, firstDelayMs: 1 },
          run(_request, { attempt }) {
            attempts.push(attempt);
            if (attempts.length === 2) return {};
            throw new RetryLater(30_000);
          },
        }),
      ],
    });
    const callerTransport = createAmqpTransport({ url: calling.url, replyRoute: 'request-exchange' });
    const client = createClient({ transport: callerTransport });
    expect(await client.call(mend, {}, { to: 'mender', timeoutMs: 60_000 })).toEqual({});
    expect(attempts).toEqual([1, 2]);
    await client.send(mend, {}, { to: 'mender' });
    await expect.poll(() => transport.health().counters['quarantined'], { timeout: 10_000 }).toBe(1);
    expect(transport.health().counters).toMatchObject({ ladder_retries: 2 });
    await client.close();
    await server.stop();
    await Promise.all([transport.close(), callerTransport.close()]);
  });
});

test('with one permission less a start ends with one line that names the permission, the object and the user', async () => {
  const user = await userByTopology({ for: 'both', address: ['elsewhere'], action: demoActions });
  const refused: unknown = await demo(user.url).catch((error: unknown) => error);
  const { exitCode, line } = failureOf(refused);
  expect(exitCode).toBe(78);
  expect(line).toContain(`expected user "${user.name}" to have the write permission on queue "samovar-demo-1"`);
  expect(line.split('\n')).toHaveLength(1);
});

test('a caller with one permission less is told the permission, the object and the user', async () => {
  const user = await userByTopology({ for: 'caller', address: nodes, action: ['another'] });
  const transport = createAmqpTransport({ url: user.url, replyRoute: 'request-exchange' });
  const client = createClient({ transport });
  await broker.management('PUT', `/exchanges/${virtualHost.name}/mend`, { type: 'direct', durable: false });
  const error: unknown = await client.call(mend, {}, { to: 'mender' }).catch((failure: unknown) => failure);
  expect(error).toBeInstanceOf(RpcError);
  expect(error).toMatchObject({ code: 'unavailable', outcome: 'not_executed' });
  expect((error as RpcError).message).toContain(`user "${user.name}" to have the read permission on exchange "mend"`);
  await client.close();
  await transport.close();
});
