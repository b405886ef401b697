import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { defineAction, defineHandler, startServer } from '../../src/index.js';
import { createAmqpTransport } from '../../transports/amqp/index.js';
import { openScene, type Scene } from '../e2e/workers/scene.js';
import { snippetsOf, withBroker } from '../gates/readme.js';
import { repository } from '../gates/sources.js';
import { runProgram } from '../support/process.js';
import { sharedRabbitmq, type SharedBroker } from '../support/shared-rabbitmq.js';
import { findPika, type ForeignLibrary, type Missing } from './foreign-library.js';

/** As the README's own worker answers it. */
const handleResize = defineHandler(
  defineAction({
    name: 'resize_server',
    summary: 'Changes the size of a server.',
    request: z.object({ name: z.string().min(1), sizeGb: z.int().positive() }),
    response: z.object({ changed: z.boolean() }),
  }),
  { run: () => ({ changed: true }) },
);

let broker: SharedBroker;
let library: ForeignLibrary | Missing;
let scene: Scene;
beforeAll(async () => {
  broker = await sharedRabbitmq();
  library = await findPika();
});
beforeEach(async () => {
  scene = await openScene(broker);
});
afterEach(() => scene.close());

test('the Python programs of the README get a good answer', async (context) => {
  if ('missing' in library) return context.skip(library.missing);
  const { url } = scene.virtualHost;
  const transport = createAmqpTransport({ url });
  const server = await startServer({ transport, address: scene.to, handlers: [handleResize] });
  const programs = snippetsOf(readFileSync(join(repository, 'README.md'), 'utf8'));
  // One with the word `check` shows generated code, which tests of its own run.
  const meant = programs.filter(({ language, words }) => language === 'python' && !words.includes('check'));
  for (const { code } of meant) {
    const program = runProgram(library.interpreter, { args: ['-c', withBroker(code, url)] });
    expect({ ...(await program.exited), stderr: program.stderr }).toMatchObject({ code: 0 });
    expect(program.lines.join('\n')).toContain("'success': True");
  }
  await server.stop();
  await transport.close();
});
