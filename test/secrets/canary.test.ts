import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  createClient,
  createMemoryIdempotencyStore,
  defineAction,
  defineHandler,
  exclusive,
  failed,
  secret,
  startServer,
} from '../../src/index.js';
import { generateKey } from '../../src/secrets/keyring.js';
import { createMemoryBroker } from '../../transports/memory/index.js';
import { errorOf } from '../e2e/stage.js';

const fernetKeys = [generateKey()];
const canary = 'canary-7Qx/"é';

const guard = defineAction({
  name: 'guard',
  summary: 'Goes every way that a request can go.',
  request: z.object({ how: z.string(), password: secret(z.string().max(20)), pin: secret(z.int()).optional() }),
  response: z.object({ said: secret(z.string()) }),
  errors: { refused: z.object({ hint: secret(z.string()) }) },
});

test('a secret is in no message, record, log, hook, error or dead letter, whichever way its request goes', async () => {
  const seen: unknown[] = [];
  const note = (...line: unknown[]): void => void seen.push(inspect(line, { depth: 9, showHidden: true }));
  const log = { debug: note, info: note, warn: note, error: note };
  // Whoever prints all that a hook is given prints the message as it came.
  let comesPlain = false;
  const hook = (...line: unknown[]): void => (comesPlain ? undefined : note(...line));
  const broker = createMemoryBroker();
  const transport = broker.connect({ user: 'ann' });
  const heard: typeof transport = Object.create(transport, {
    send: { value: (...sent: Parameters<typeof transport.send>) => (note(sent), transport.send(...sent)) },
  }) as typeof transport;
  const store = createMemoryIdempotencyStore();
  const server = await startServer({
    ...{ transport: heard, address: 'node-1', fernetKeys, log },
    hooks: { onStage: hook, onEnd: hook },
    idempotency: {
      durable: false,
      read: (key) => store.read(key),
      async claim(...request) {
        const found = await store.claim(...request);
        note(request);
        if (found.state !== 'fresh') return found;
        return { ...found, settle: (reply) => (note(reply), found.settle(reply)) };
      },
      close: () => store.close(),
    },
    handlers: [
      defineHandler(guard, {
        retry: { attempts: 1 },
        locks: ({ password }) => [exclusive(`of ${password.toString()}`)],
        run({ how, password, pin }) {
          const [text, url] = [password.reveal(), `https://x:${encodeURIComponent(password.reveal())}@y`];
          if (how === 'refuse') throw failed('refused', { hint: text });
          if (how === 'throw')
            throw new Error(`no ${text} at ${url}`, { cause: new Error(`${text} ${pin?.reveal()}`) });
          if (how === 'throw what is no error') throw Object.assign({ text, nested: { url } });
          if (how === 'mistake') return { said: { text } } as never;
          return { said: text };
        },
      }),
    ],
  });
  const client = createClient({
    transport: heard,
    fernetKeys,
    log,
    middleware: [(next) => (call) => (note(call.options), next(call))],
  });
  const options = { to: 'node-1', idempotencyKey: 'k' };

  const answer = await client.call(guard, { how: 'answer', password: canary }, options);
  expect(answer.said.reveal()).toBe(canary);
  note(answer, await client.call(guard, { how: 'answer', password: canary }, options));
  note(await errorOf(client.call(guard, { how: 'answer', password: `${canary}!` }, options)));
  note(await client.outcome(guard, 'k', { to: 'node-1' }));
  for (const how of ['refuse', 'throw', 'throw what is no error', 'mistake']) {
    note(await errorOf(client.call(guard, { how, password: canary, pin: 4_711_000 }, { to: 'node-1' })));
  }
  note(await errorOf(client.call(guard, { how: 'answer', password: canary.repeat(3) }, { to: 'node-1' })));
  const id = { id: 'plain', action: 'guard', headers: {}, replyTo: 'nowhere', correlationId: 'x' };
  await client.send(guard, { how: 'throw', password: canary }, { to: 'node-1' });
  await expect.poll(() => broker.deadLetters('node-1')).toHaveLength(1);
  note(broker.deadLetters('node-1'));
  const before = seen.length;
  comesPlain = true;
  await transport.send('node-1', { ...id, body: JSON.stringify({ how: 'x', password: canary }) }).catch(note);
  await expect.poll(() => seen.length).toBeGreaterThan(before);
  await server.stop();
  await client.close();
  await transport.close();

  const all = seen.join('\n');
  expect(all).toContain('handler failed');
  expect(all).toContain('gAAAA');
  expect(all).toContain('[secret]');
  for (const form of ['canary-7Qx', '4711000', ...fernetKeys]) expect(all).not.toContain(form);
});
