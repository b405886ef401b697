import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { dxExample } from '../../handlers/index.js';
import { defineAction, defineHandler, secret, startServer } from '../../src/index.js';
import { createKeyring, generateKey } from '../../src/secrets/keyring.js';
import { createAmqpTransport } from '../../transports/amqp/index.js';
import { openScene, type Scene } from '../e2e/workers/scene.js';
import { findCryptography, findPika, type ForeignLibrary, type Missing } from '../interop/foreign-library.js';
import { startCaller, startForeign } from '../interop/foreign-program.js';
import { sharedRabbitmq, type SharedBroker } from '../support/shared-rabbitmq.js';

const key = generateKey();
const keyring = createKeyring([key]);
const createUser = defineAction({
  name: 'create_user',
  summary: 'Creates a user.',
  request: z.object({ name: z.string(), password: secret(z.string()) }),
  response: z.object({ length: z.int(), token: secret(z.string()) }),
});

let broker: SharedBroker;
let pika: ForeignLibrary | Missing;
let cryptography: ForeignLibrary | Missing;
beforeAll(async () => {
  broker = await sharedRabbitmq();
  pika = await findPika();
  cryptography = await findCryptography();
}, 120_000);

async function withScene(work: (scene: Scene) => Promise<void>): Promise<void> {
  const scene = await openScene(broker);
  try {
    await work(scene);
  } finally {
    await scene.close();
  }
}

test('a request that Python has encrypted is answered, and Python reads the reply', async (context) => {
  for (const library of [pika, cryptography]) if ('missing' in library) return context.skip(library.missing);
  await withScene(async (scene) => {
    const { url } = scene.virtualHost;
    const transport = createAmqpTransport({ url });
    const handler = defineHandler(createUser, {
      run: ({ name, password }) => ({ length: password.reveal().length, token: `for ${name}` }),
    });
    const server = await startServer({ transport, address: scene.to, handlers: [handler], fernetKeys: [key] });
    const fernet = await startForeign(cryptography as ForeignLibrary, 'fernet.py', { keys: [key] });
    const caller = await startCaller(pika as ForeignLibrary, 'caller.py', { url });
    scene.closing(async () => {
      await caller.close();
      await fernet.kill9();
      await server.stop();
      await transport.close();
    });
    await caller.declare(createUser.name);
    fernet.writeLine(JSON.stringify({ id: 'one', do: 'encrypt', texts: ['pässwörd'] }));
    const [password] = JSON.parse((await fernet.waitForLine(/^one /)).slice(4)) as string[];
    const requests = [
      { name: 'ada', password },
      { name: 'ada', password: 'pässwörd' },
    ];
    const replies = await caller.call(
      scene.to,
      requests.map((body) => ({ exchange: createUser.name, body: JSON.stringify(body) })),
    );
    expect(replies.map(({ body }) => body)).toMatchObject([
      { success: true, data: { length: 8, token: 'for ada' } },
      { success: false, error: { code: 'not_encrypted', outcome: 'not_executed' } },
    ]);
  });
});

test('a consumer in Python reads the secrets of our requests', async (context) => {
  for (const library of [pika, cryptography]) if ('missing' in library) return context.skip(library.missing);
  await withScene(async (scene) => {
    const settings = { url: scene.virtualHost.url, queue: scene.to, exchanges: [dxExample.name], prefetch: 5 };
    const consumer = await startForeign(pika as ForeignLibrary, 'consumer.py', { ...settings, fernet_key: key });
    scene.closing(() => consumer.kill9());
    const request = z.object({ favourite_food: secret(z.string()) });
    const { name, summary, response } = dxExample;
    const client = scene.client({ fernetKeys: [key], amqp: { replyRoute: 'request-exchange' } });
    const secretExample = defineAction({ name, summary, request, response });
    expect(await client.call(secretExample, { favourite_food: 'onion' }, { to: scene.to })).toEqual({
      tolerable: false,
    });
    // As it has it after it was decrypted.
    await consumer.waitForLine('request {"favourite_food": "onion"}');
    expect(keyring.open('onion')).toBeUndefined();
  });
});
