import { expect, test } from 'vitest';
import { z } from 'zod';
import { createClient, defineAction, defineHandler, secret, startServer } from '../../src/index.js';
import { mockHandlers } from '../../src/mock/mock-handlers.js';
import { generateKey } from '../../src/secrets/keyring.js';
import { createSeededRandom } from '../../src/testing/index.js';
import { createMemoryTransport } from '../../transports/memory/index.js';

const fernetKeys = [generateKey()];
const action = defineAction({
  name: 'give_token',
  summary: 'For the tests.',
  request: z.object({}),
  response: z.object({ token: secret(z.string().length(12)), codes: z.array(secret(z.int())), user: z.string() }),
});
const handler = defineHandler(action, { run: () => ({ token: 'x'.repeat(12), codes: [], user: 'ada' }) });

test('a mocked reply has secrets, too', async () => {
  const transport = createMemoryTransport();
  const handlers = mockHandlers([handler], { random: createSeededRandom(1) });
  const server = await startServer({ transport, address: 'node-1', handlers, fernetKeys });
  const client = createClient({ transport, fernetKeys });
  expect((await client.call(action, {}, { to: 'node-1' })).token.reveal()).toHaveLength(12);
  await client.close();
  await server.stop();
  await transport.close();
});

test.each([
  [{}, /^expected fernetKeys .*, since give_token has a secret at response\.token, got none/],
  [{ fernetKeys: ['x'] }, /^expected fernetKeys\[0\] to be a Fernet key/],
  [{ fernetKeys, secretNames: ['codes', 'user'] }, /^expected response\.user of give_token to be declared as secret/],
])('a server that cannot keep secrets does not start: %j', async (options, message) => {
  const transport = createMemoryTransport();
  await expect(startServer({ transport, address: 'node-1', handlers: [handler], ...options })).rejects.toThrow(message);
  await transport.close();
});

test('a client without a key does not call what has secrets, nor asks about it', async () => {
  const transport = createMemoryTransport();
  const client = createClient({ transport });
  const message = 'expected fernetKeys of the client';
  await expect(client.call(action, {}, { to: 'node-1' })).rejects.toThrow(TypeError);
  await expect(client.send(action, {}, { to: 'node-1' })).rejects.toThrow(message);
  await expect(client.outcome(action, 'k', { to: 'node-1' })).rejects.toThrow(message);
  await client.close();
  await transport.close();
});
