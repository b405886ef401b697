import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { describeContract, type ActionContract } from '../../src/contract/contract.js';
import { pythonCall, shellCall, typescriptCall } from '../../src/contract/docs-site/calls.js';
import { startServer, type Server } from '../../src/index.js';
import { createAmqpTransport, type AmqpTransport } from '../../transports/amqp/index.js';
import { temporaryFolder } from '../cli/handlers/packages.js';
import { openScene, type Scene } from '../e2e/workers/scene.js';
import { withBroker } from '../gates/readme.js';
import { findCryptography, findPika } from '../interop/foreign-library.js';
import { runProgram, runScript } from '../support/process.js';
import { sharedRabbitmq, type SharedBroker } from '../support/shared-rabbitmq.js';
import { handleCreateUsers } from './example-actions.js';

const key = 'cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=';
const env = { FERNET_KEY: key };
const tsconfig = fileURLToPath(new URL('../../tsconfig.json', import.meta.url));

let broker: SharedBroker;
let scene: Scene;
let transport: AmqpTransport;
let server: Server;
let action: ActionContract;
beforeAll(async () => {
  broker = await sharedRabbitmq();
  const [described] = describeContract([handleCreateUsers]).actions;
  if (!described) throw new Error('expected one action');
  action = described;
});
beforeEach(async () => {
  scene = await openScene(broker);
  transport = createAmqpTransport({ url: scene.virtualHost.url });
  server = await startServer({ transport, address: 'users-1', handlers: [handleCreateUsers], fernetKeys: [key] });
});
afterEach(async () => {
  await server.stop();
  await transport.close();
  await scene.close();
});

const created = (action_: ActionContract): number =>
  (action_.request.example as { readonly users: readonly unknown[] }).users.length;

test('the TypeScript of a page gets an answer as it is, secrets and all', async () => {
  const folder = await temporaryFolder();
  const actions = fileURLToPath(new URL('example-actions.ts', import.meta.url));
  await folder.write({
    'package.json': { type: 'module' },
    'contract.ts': `export { createUsers as usersCreateManyAtOnce } from ${JSON.stringify(actions)};\n`,
  });
  const file = `${folder.path}/call.ts`;
  await writeFile(file, withBroker(typescriptCall(action), scene.virtualHost.url));
  const run = runScript(file, { env: { ...env, TSX_TSCONFIG_PATH: tsconfig }, cwd: folder.path });
  expect({ ...(await run.exited), stderr: run.stderr }).toEqual({ code: 0, signal: null, stderr: '' });
  expect(run.lines.join('\n')).toContain(`created: ${created(action)}`);
});

test('the Python of a page gets an answer as it is, secrets and all', async (context) => {
  for (const library of [await findPika(), await findCryptography()]) {
    if ('missing' in library) return context.skip(library.missing);
  }
  const program = runProgram('/usr/bin/python3', {
    args: ['-c', withBroker(pythonCall(action), scene.virtualHost.url)],
    env,
  });
  expect({ ...(await program.exited), stderr: program.stderr }).toEqual({ code: 0, signal: null, stderr: '' });
  expect(program.lines.join('\n')).toMatch(new RegExp(`'created': ${created(action)}, 'token': 'gAAAA`));
});

test('the command of a page is what a shell makes of it: the example, to the byte', () => {
  const command = shellCall(action).replace(
    /^samovar /,
    'node -e "console.log(JSON.stringify(process.argv.slice(1)))" -- ',
  );
  const { stdout } = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
  const args = JSON.parse(stdout) as string[];
  expect(args.slice(0, 4)).toEqual(['call', action.name, '--to', 'users-1']);
  // Its secrets are encrypted with a key of this file.
  expect(args.slice(-2)).toEqual(['--keys-file', 'fernet.key']);
  expect(JSON.parse(args[args.indexOf('--body') + 1] ?? '')).toEqual(action.request.example);
});
