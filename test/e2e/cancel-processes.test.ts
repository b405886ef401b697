import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClient, defineHandler, startServer } from '../../src/index.js';
import { sharedRabbitmq } from '../support/shared-rabbitmq.js';
import { runSamovar } from '../support/samovar-process.js';
import { message, openLab, type Lab } from '../transports/amqp/lab.js';
import { echo, failureOf, gate } from './stage.js';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab(await sharedRabbitmq());
});
afterAll(() => lab.end());

test.each(['default', 'request-exchange'] as const)(
  'Ctrl-C in samovar call reaches the handler as its signal, with replies by the route %s',
  async (replyRoute) => {
    const aborted = gate<unknown>();
    const started = gate();
    const to = `interrupted-${replyRoute}`;
    const handler = defineHandler(echo, {
      run: (_request, { signal }) =>
        new Promise<never>((_, reject) => {
          started.open();
          signal.addEventListener('abort', () => {
            aborted.open(signal.reason);
            reject(signal.reason as Error);
          });
        }),
    });
    const transport = lab.connect({ replyRoute });
    const server = await startServer({ transport, address: to, handlers: [handler] });
    const args = ['call', 'echo', '--to', to, '--url', lab.url, '--body', '{"word":"x"}', '--timeout', '1m'];
    const child = runSamovar(args);
    await started.opened;
    child.kill('SIGINT');
    expect(await aborted.opened).toMatchObject({ code: 'cancelled' });
    expect(await child.exited).toEqual({ code: 130, signal: null });
    await server.stop();
  },
);

test('an existing consumer gets the request that is given up, and nothing more', async () => {
  const channel = await (await lab.foreigner()).createChannel();
  await channel.assertExchange('echo', 'direct', { durable: false });
  const { queue } = await channel.assertQueue('existing');
  await channel.bindQueue(queue, 'echo', queue);
  const seen: string[] = [];
  const first = gate();
  await channel.consume(queue, (raw) => {
    seen.push(String(raw?.properties.messageId));
    first.open();
  });
  const client = createClient({ transport: lab.connect({ replyRoute: 'request-exchange' }) });
  const abort = new AbortController();
  const call = failureOf(client.call(echo, { word: 'x' }, { to: queue, signal: abort.signal }));
  await first.opened;
  abort.abort();
  expect(await call).toMatchObject({ code: 'cancelled', outcome: 'unknown' });
  const other = lab.connect();
  await other.send(queue, message({ id: 'marker', action: 'echo' }));
  await expect.poll(() => seen.at(-1)).toBe('marker');
  expect(seen).toHaveLength(2);
  await client.close();
});
