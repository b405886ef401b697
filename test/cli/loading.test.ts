import { writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { createSqsEmulator } from '../../src/testing/index.js';
import { repository } from '../gates/sources.js';
import { freePorts } from '../support/ports.js';
import { runScript, type ScriptProcess } from '../support/process.js';
import { openBench, testFolder, testHandlers } from './worker/kit.js';

/** Tells which packages anybody asks for. */
const hook = `import { register } from 'node:module';
register('data:text/javascript,' + encodeURIComponent(\`
  import { writeSync } from 'node:fs';
  export async function resolve(specifier, context, next) {
    if (/^@?[a-z][^:]*$/.test(specifier)) writeSync(2, 'package ' + specifier + '\\\\n');
    return next(specifier, context);
  }\`));`;

let nodeOptions: readonly string[];
beforeEach(async () => {
  const hooks = join(await testFolder(), 'hooks.mjs');
  await writeFile(hooks, hook);
  nodeOptions = ['--import', hooks];
});

function packagesOf({ stderr }: Pick<ScriptProcess, 'stderr'>): string[] {
  const names = [...stderr.matchAll(/^package ((?:@[^/\s]+\/)?[^/\s]+)/gm)].map(([, name = '']) => name);
  // That one is tsx's own, which runs the sources here.
  return [...new Set(names)].filter((name) => name !== 'esbuild' && !builtinModules.includes(name));
}

/** The optional peers among them, without what they ask for themselves. */
function peersOf(child: Pick<ScriptProcess, 'stderr'>): string[] {
  return packagesOf(child).filter((name) => /^(amqplib|redis|@aws-sdk\/client-.*)$/.test(name));
}

it('each part of the package loads the client library of its own broker, and the core none', async () => {
  const parts = [
    ...['src/index.ts', 'transports/memory/index.ts', 'src/testing/index.ts', 'handlers/index.ts'],
    ...['transports/amqp/index.ts', 'transports/sqs/index.ts'],
  ];
  const script = join(await testFolder(), 'imports.mjs');
  const urls = parts.map((part) => pathToFileURL(join(repository, part)).href);
  const program = `for (const url of ${JSON.stringify(urls)}) { process.stderr.write('part ' + url + '\\n'); await import(url); }`;
  await writeFile(script, program);
  const env = { TSX_TSCONFIG_PATH: join(repository, 'tsconfig.json') };
  const child = runScript(script, { nodeOptions, env });
  expect(await child.exited).toEqual({ code: 0, signal: null });
  const told = child.stderr.split(/^part /m).slice(1);
  expect(told.map((stderr) => peersOf({ stderr }))).toEqual([[], [], [], [], ['amqplib'], ['@aws-sdk/client-sqs']]);
});

it.each(['--help', '--version'])('samovar %s loads nothing that it has no use for', async (option) => {
  const child = (await openBench()).run([option], { nodeOptions });
  expect(await child.exited).toEqual({ code: 0, signal: null });
  expect(packagesOf(child)).toEqual(['commander']);
});

it('samovar worker --help loads none of them', async () => {
  const child = (await openBench()).run(['worker', '--help'], { nodeOptions });
  expect(await child.exited).toEqual({ code: 0, signal: null });
  expect(peersOf(child)).toEqual([]);
});

it('a worker of RabbitMQ does not load the AWS SDK', async () => {
  const [port] = await freePorts(1);
  const args = ['worker', '--url', `amqp://127.0.0.1:${port}/x`, '--handlers', testHandlers];
  const worker = (await openBench()).run(args, { nodeOptions });
  await worker.waitForLog('could not connect');
  expect(peersOf(worker)).toEqual(['amqplib']);
});

it('a worker of SQS does not load amqplib', async () => {
  const emulator = createSqsEmulator();
  onTestFinished(() => emulator.close());
  const { endpoint } = await emulator.listen();
  const config = join(await testFolder(), 'samovar.yml');
  const content = { transport: 'sqs', sqs: { resources: ['products'], region: 'eu-west-1', endpoint } };
  await writeFile(config, JSON.stringify({ ...content, handlers: [testHandlers] }));
  const env = { AWS_ACCESS_KEY_ID: 'AKIATEST', AWS_SECRET_ACCESS_KEY: 'secret' };
  const worker = await (await openBench()).worker(['--config', config], { nodeOptions, env });
  expect(peersOf(worker)).toEqual(['@aws-sdk/client-sqs']);
});
