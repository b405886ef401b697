import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { openBench, testFolder } from '../cli/worker/kit.js';
import { openScene, type Scene } from '../e2e/workers/scene.js';
import type { SamovarProcess } from '../support/samovar-process.js';
import { sharedRabbitmq, type SharedBroker } from '../support/shared-rabbitmq.js';
import { findPika, type ForeignLibrary, type Missing } from './foreign-library.js';
import { startCaller, startForeign, type ForeignCaller } from './foreign-program.js';

const exchange = 'dx_example';
const good = ['{"favourite_food": "orange", "chance_percentage": 100}', '{"favourite_food": "onion"}'];
const answers = [true, false].map((tolerable) => ({
  success: true,
  message: 'Determined toleration',
  data: { tolerable },
}));
const bad = ['{}', '[]', '{"favourite_food": 1}', '{"favourite_food": "durian"}', 'null'];

let broker: SharedBroker;
let library: ForeignLibrary | Missing;
beforeAll(async () => {
  broker = await sharedRabbitmq();
  library = await findPika();
});

let scene: Scene;
let caller: ForeignCaller;
beforeEach(async (context) => {
  if ('missing' in library) return context.skip(library.missing);
  scene = await openScene(broker);
  caller = await startCaller(library, 'caller.py', { url: scene.virtualHost.url });
  await caller.declare(exchange);
  return async () => {
    await caller.close();
    await scene.close();
  };
});

/** `samovar worker` with the file of an existing consumer, as its drop-in for systemd sets it. */
async function startWorker(): Promise<SamovarProcess> {
  const { hostname, port, username, password } = new URL(broker.url);
  const path = join(await testFolder(), 'rabbitmq.yml');
  await writeFile(
    path,
    `---
server:
  host: ${hostname}
  username: nobody
  password: wrong
  port: ${port}
  ssl: false

virtual_hosts:
  ${scene.virtualHost.name}:
    queue: ${scene.to}
    max_simultaneous_requests: 5
    fernet_key: null
    # Instead of those of the server block.
    username: ${username}
    password: ${password}
    exchanges:
      ${exchange}:
        type: direct
`,
  );
  const bench = await openBench();
  return bench.worker(['--virtual-host-name', scene.virtualHost.name], {
    env: { CONFIG_FILE_PATH: path, SAMOVAR_HANDLERS: 'samovar/handlers' },
  });
}

async function bodies(contents: readonly string[]): Promise<unknown[]> {
  const replies = await caller.call(
    scene.to,
    contents.map((body) => ({ exchange, body })),
  );
  return replies.map(({ body }) => body);
}

test('the worker command answers a Pika caller as the consumer did whose configuration it was given', async () => {
  if ('missing' in library) return;
  const settings = { url: scene.virtualHost.url, queue: scene.to, exchanges: [exchange], prefetch: 5 };
  const consumer = await startForeign(library, 'consumer.py', settings);
  expect(await bodies(good)).toEqual(answers);
  await consumer.kill9();
  await startWorker();
  expect(await bodies(good)).toEqual(answers);
});

test('five bad requests, broken JSON and a missing reply_to leave the worker serving', async () => {
  const worker = await startWorker();
  for (const body of await bodies(bad)) {
    expect(body).toMatchObject({ success: false, message: 'Request validation failed', data: null });
  }
  expect(await bodies(['{"favourite_food":'])).toMatchObject([{ success: false, error: { code: 'invalid_request' } }]);
  await caller.send(
    scene.to,
    [...bad, '{"favourite_food":', ...good].map((body) => ({ exchange, body })),
  );
  expect(await bodies(good)).toEqual(answers);
  worker.kill('SIGTERM');
  expect(await worker.exited).toEqual({ code: 0, signal: null });
});
