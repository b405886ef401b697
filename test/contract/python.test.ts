import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { dxExample, handleDxExample } from '../../handlers/index.js';
import { describeContract, type Contract } from '../../src/contract/contract.js';
import { pythonPackage } from '../../src/contract/python/package.js';
import { defineAction, defineHandler, failed, secret, startServer, type Action } from '../../src/index.js';
import { createAmqpTransport } from '../../transports/amqp/index.js';
import { runCommand } from '../cli/run-command.js';
import { openScene } from '../e2e/workers/scene.js';
import { findCryptography, findPika, findPydantic } from '../interop/foreign-library.js';
import { runProgram } from '../support/process.js';
import { sharedRabbitmq } from '../support/shared-rabbitmq.js';
import { createUsers, exampleActions } from './example-actions.js';
import { nastyActions } from './nasty-actions.js';

const key = 'cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=';
const python = '/usr/bin/python3';

const keepSecret = defineAction({
  name: 'keep-secret',
  summary: 'Keeps a secret.',
  to: 'node-1',
  request: z.object({
    owner: z.string().min(1).max(20),
    password: secret(z.string().min(1)),
    others: z.array(z.object({ pin: secret(z.string()) })).max(3),
    class: z.string(),
    note: z.string().nullable(),
    left: z.int().default(7),
  }),
  response: z.object({ token: secret(z.string()), pins: z.array(secret(z.string())), class: z.string() }),
  errors: { refused: z.object({ owner: z.string(), why: secret(z.string()) }), nobody: z.null() },
});

const pauseForEver = defineAction({
  name: 'pause_for_ever',
  summary: 'Does not answer.',
  to: 'node-1',
  request: z.object({}),
  response: z.null(),
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'samovar-python-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(contract: Contract): Promise<void> {
  await mkdir(join(folder, 'callers'));
  for (const { path, text } of pythonPackage(contract)) await writeFile(join(folder, 'callers', path), text);
}

async function missing(): Promise<string | undefined> {
  for (const library of [await findPydantic(), await findPika(), await findCryptography()]) {
    if ('missing' in library) return library.missing;
  }
  return undefined;
}

async function run(...args: string[]) {
  const program = runProgram(python, { args, env: { PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: '1' } });
  const exited = await program.exited;
  return { ...exited, stderr: program.stderr, lines: program.lines };
}

test('the same contract gives the same package', () => {
  const actions = [...exampleActions, createUsers as Action, ...nastyActions];
  const written = pythonPackage(describeContract(actions));
  expect(pythonPackage(describeContract([...actions].reverse()))).toEqual(written);
  expect(written.map(({ path }) => path)).toEqual(['__init__.py', 'actions.py', 'client.py', 'models.py', 'py.typed']);
});

test('Python imports the package without a warning, and its models take the examples of the contract', async (context) => {
  const lacking = await missing();
  if (lacking !== undefined) return context.skip(lacking);
  const contract = describeContract([...exampleActions, createUsers, ...nastyActions]);
  await write(contract);
  const examples = contract.actions.map(({ name, request, response, errors }) => ({
    ...{ name, request: request.example, response: response.example },
    errors: Object.fromEntries(errors.map((error) => [error.name, error.example])),
  }));
  await writeFile(join(folder, 'examples.json'), JSON.stringify(examples));
  await writeFile(
    join(folder, 'check.py'),
    `import json
from callers import actions
from callers.client import Action, _dumped, _parse
by_name = {action.name: action for action in vars(actions).values() if isinstance(action, Action)}
with open(${JSON.stringify(join(folder, 'examples.json'))}) as file:
    examples = json.load(file)
for example in examples:
    action = by_name.pop(example["name"])
    request = _parse(action.request, example["request"])
    back = json.loads(json.dumps(_dumped(request), default=lambda secret: secret.get_secret_value()))
    assert str(back) == str(example["request"]) or back == example["request"] or action.name == "class", (back, example["request"])
    _parse(action.response, example["response"])
    for name, data in example["errors"].items():
        _parse(action.errors[name], data)
assert not by_name, by_name
print("all")
`,
  );
  expect(await run('-W', 'error', join(folder, 'check.py'))).toEqual({
    code: 0,
    signal: null,
    stderr: '',
    lines: ['all'],
  });
});

test('the generated package calls a worker: values, secrets, errors, deadlines, both ways of a reply', async (context) => {
  const lacking = await missing();
  if (lacking !== undefined) return context.skip(lacking);
  const scene = await openScene(await sharedRabbitmq());
  const transport = createAmqpTransport({ url: scene.virtualHost.url });
  const seen: unknown[] = [];
  const handleKeepSecret = defineHandler(keepSecret, {
    run({ owner, password, others, class: grade, note, left }, { caller }) {
      seen.push({ owner, password: password.reveal(), note, left, caller });
      if (owner === 'eve') throw failed('refused', { owner, why: 'because' });
      if (owner === 'nobody') throw failed('nobody', null);
      return { token: 'a-token', pins: others.map(({ pin }) => pin), class: grade };
    },
  });
  const handlePause = defineHandler(pauseForEver, {
    run: (_request, { signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(null))),
  });
  const server = await startServer({
    transport,
    address: 'node-1',
    handlers: [handleKeepSecret, handlePause, handleDxExample()],
    fernetKeys: [key],
  });
  try {
    await write(describeContract([keepSecret, pauseForEver, dxExample]));
    const program = fileURLToPath(new URL('python-caller.py', import.meta.url));
    const { lines, ...ended } = await run('-W', 'error', program, scene.virtualHost.url, key);
    expect(ended).toEqual({ code: 0, signal: null, stderr: '' });
    const told = Object.fromEntries(lines.map((line) => JSON.parse(line) as [string, unknown]));
    const error = (...parts: unknown[]) => ({ error: parts, hasId: true });
    expect(told).toEqual({
      value: ['DxExampleResponse', false],
      secrets: { type: 'KeepSecretResponse', secrets: ['a-token', '1234'], hidden: true, class: 'first' },
      bare: [
        '5678',
        expect.stringMatching(/^expected a request that fits its model: (__root__\.)?others\.0\.pin: /),
        false,
      ],
      declared: error('failed', 'executed', false, 'refused', 'KeepSecretErrorRefused', null),
      nothing: error('failed', 'executed', false, 'nobody', null, null),
      invalid: error('invalid_request', 'not_executed', false, null, null, {
        errors: [{ location: ['favourite_food'], message: expect.any(String) as string, type: 'invalid_value' }],
      }),
      model: 'refused before it was sent',
      unroutable: error('unroutable', 'not_executed', true, null, null, null),
      timeout: error('deadline_exceeded', 'unknown', false, null, null, null),
      keys: 'expected fernet_keys of the client, since the request has a secret',
      sent: null,
      route: ['DxExampleResponse', false],
    });
    await expect.poll(() => seen.length).toBe(6);
    const { username } = new URL(scene.virtualHost.url);
    expect(seen[0]).toEqual({ owner: 'ada', password: 'correct horse', note: null, left: 7, caller: username });
    expect(seen.slice(1, 3)).toMatchObject([{ password: 'bare 1' }, { password: 'bare 2' }]);
  } finally {
    await server.stop();
    await transport.close();
    await scene.close();
  }
});

test('samovar contract generate python writes a package, and replaces an earlier one', async () => {
  const words = ['contract', 'generate', 'python', '--handlers', 'samovar/handlers', '--out', 'made'];
  for (let times = 0; times < 2; times++) {
    expect((await runCommand(words, { cwd: folder })).lines).toEqual(['6 actions in made']);
  }
  expect(await readFile(join(folder, 'made/actions.py'), 'utf8')).toContain('dx_order_coffee_pot: Action = Action(');
});
