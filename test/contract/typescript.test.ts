import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { format, resolveConfig } from 'prettier';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { z } from 'zod';
import { handleDxOrderCoffeePot } from '../../handlers/index.js';
import { describeContract, type PartContract } from '../../src/contract/contract.js';
import { jsonSchemaOf } from '../../src/contract/json-schema.js';
import { typescriptModule } from '../../src/contract/typescript/generate.js';
import { contractFingerprint } from '../../src/core/contract-fingerprint.js';
import { createClient, declaredErrorOf, RpcError, startServer, type Action } from '../../src/index.js';
import { createMemoryTransport } from '../../transports/memory/index.js';
import { runCommand } from '../cli/run-command.js';
import { repository } from '../gates/sources.js';
import { createUsers, exampleActions, handleCreateUsers } from './example-actions.js';
import { nastyActions } from './nasty-actions.js';
import { valuesOf } from './values.js';

const key = 'cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=';
const actions = [...exampleActions, createUsers as Action, ...nastyActions];
const contract = describeContract(actions, { title: 'Everything', version: '1.2.3' });
const written = typescriptModule(contract);

/** Within the repository, so that the module finds samovar and zod as a caller's does. */
let folder: string;
let generated: ReadonlyMap<string, Action>;
beforeAll(async () => {
  await mkdir(join(repository, '.tmp'), { recursive: true });
  folder = await mkdtemp(join(repository, '.tmp', 'generated-'));
  await writeFile(join(folder, 'contract.ts'), written);
  const exported = (await import(join(folder, 'contract.ts'))) as Readonly<Record<string, Action>>;
  generated = new Map(Object.values(exported).map((action) => [action.name, action]));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function generatedOf(name: string): Action {
  const found = generated.get(name);
  if (!found) throw new Error(`expected ${name} to be among what was generated`);
  return found;
}

test('the same contract gives the same module, with every action of it', () => {
  expect(typescriptModule(describeContract([...actions].reverse(), contract))).toBe(written);
  expect([...generated.keys()].sort()).toEqual(actions.map(({ name }) => name).sort());
});

test('the module is formatted as prettier does, with single quotes and 120 columns', async () => {
  const file = join(repository, 'src/contract.ts');
  expect(await format(written, { ...(await resolveConfig(file)), filepath: file })).toBe(written);
});

test('tsc accepts the module under the strictest flags, and its types say what may be called', async () => {
  const tsconfig = {
    extends: join(repository, 'tsconfig.json'),
    compilerOptions: {
      paths: { samovar: [join(repository, 'src/index.ts')] },
      types: ['node'],
      typeRoots: [join(repository, 'node_modules/@types')],
      noEmit: true,
      declaration: true,
      isolatedModules: true,
      noUncheckedSideEffectImports: true,
      allowUnusedLabels: false,
      allowUnreachableCode: false,
      noPropertyAccessFromIndexSignature: true,
      strictBuiltinIteratorReturn: true,
    },
    include: ['*.ts'],
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));
  await writeFile(
    join(folder, 'use.ts'),
    `import { createClient, declaredErrorOf } from 'samovar';
import { createMemoryTransport } from '${join(repository, 'transports/memory/index.js')}';
import { dxExample, dxOrderCoffeePot, usersCreateManyAtOnce, type DxExampleRequest, type DxOrderCoffeePotError } from './contract.js';

const client = createClient({ transport: createMemoryTransport() });
export const request: DxExampleRequest = { favourite_food: 'onion' };
export const tolerable: boolean = (await client.call(dxExample, request, { to: 'a' })).tolerable;
// @ts-expect-error -- no such food
export const wrong: DxExampleRequest = { favourite_food: 'stone' };
// @ts-expect-error -- it is missing
export const missing: DxExampleRequest = {};
export const failure: DxOrderCoffeePotError = { name: 'out_of_beans', data: { leftGrams: 3 } };
export const left = declaredErrorOf(dxOrderCoffeePot, new Error())?.name satisfies 'no_such_machine' | 'out_of_beans' | undefined;
const { token } = await client.call(usersCreateManyAtOnce, {
  users: [{ name: 'a', password: 'long enough' }],
  by: { kind: 'person', email: 'a@example.org' },
  window: ['2030-01-01T00:00:00Z', 1],
  say: \`it's "so" <i>\`,
  tree: { name: 'a', branches: [] },
});
export const text: string = token.reveal();
`,
  );
  const tsc = join(repository, 'node_modules/typescript/bin/tsc');
  const run = await promisify(execFile)(process.execPath, [tsc, '-p', folder]).catch((error: unknown) => error);
  expect((run as { readonly stdout: string }).stdout).toBe('');
});

function compare(theirs: z.ZodType, ours: z.ZodType, { schema }: PartContract, numRuns: number): void {
  const isRefined = JSON.stringify(schema).includes('"x-refined":true');
  const seen = { accepted: 0, refused: 0 };
  fc.assert(
    fc.property(valuesOf(schema), (value) => {
      const their = theirs.safeParse(value);
      const our = ours.safeParse(value);
      seen[their.success ? 'accepted' : 'refused']++;
      if (their.success !== our.success && !(isRefined && our.success)) {
        const issues = their.error ?? our.error;
        expect.fail(`handler ${their.success}, generated ${our.success}: ${JSON.stringify(value)} ${String(issues)}`);
      }
      if (their.success && our.success && !isRefined) {
        expect(JSON.stringify(our.data)).toBe(JSON.stringify(their.data));
      }
    }),
    { numRuns, seed: 11 },
  );
  expect(seen.accepted).toBeGreaterThan(0);
}

describe.each(actions.map((action) => [action.name, action] as const))('%s', (name, action) => {
  const described = contract.actions.find((one) => one.name === name);
  if (!described) throw new Error('expected the action in its contract');

  test('the generated schemas and those of the worker accept and refuse the same values, and make the same of them', () => {
    const ours = generatedOf(name);
    compare(action.request, ours.request, described.request, 600);
    compare(action.response, ours.response, described.response, 400);
    for (const error of described.errors) {
      const [their, our] = [action.errors[error.name], ours.errors[error.name]];
      if (!their || !our) throw new Error(`expected ${error.name} on both sides`);
      compare(their, our, error, 150);
    }
  });

  test('the contract of what was generated is the contract it was generated from', () => {
    const ours = generatedOf(name);
    const { summary, description, to, persistent = false } = ours;
    expect({ summary, description, to, persistent }).toEqual({
      summary: described.summary,
      description: described.description,
      to: described.address,
      persistent: described.persistent,
    });
    expect(Object.keys(ours.errors).sort()).toEqual(described.errors.map((error) => error.name));
    expect(contractFingerprint(ours)).toBe(contractFingerprint(action));
    expect(bare(jsonSchemaOf(ours.request, 'input'))).toEqual(bare(described.request.schema));
  });
});

/** Without words for people, and without the names of definitions. */
function bare(schema: unknown): unknown {
  const text = JSON.stringify(schema, (name, value: unknown) =>
    ['description', 'examples', 'title', 'x-refined', 'pattern', 'format', '$defs', '$ref'].includes(name)
      ? undefined
      : value,
  );
  return JSON.parse(text) as unknown;
}

test('a worker answers calls of the generated actions, secrets and declared errors and all', async () => {
  const transport = createMemoryTransport();
  const handlers = [handleCreateUsers, handleDxOrderCoffeePot()];
  const server = await startServer({ transport, address: 'users-1', handlers, fernetKeys: [key] });
  onTestFinished(() => server.stop().then(() => undefined));
  await using client = createClient({ transport, fernetKeys: [key] });
  const ours = generatedOf(createUsers.name);
  const request = contract.actions.find(({ name }) => name === ours.name)?.request.example;
  const reply = (await client.call(ours, request)) as {
    readonly created: number;
    readonly token: { reveal(): string };
  };
  expect(reply.token.reveal()).toBe('a-token-of-users');
  expect(JSON.stringify(reply)).toContain('[secret]');
  const refused = await client.call(ours, { ...(request as object), users: [] }).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(RpcError);
  expect(refused).toMatchObject({ code: 'invalid_request', outcome: 'not_executed' });
  const pot = generatedOf('dx_order_coffee_pot');
  const failed = await client
    .call(pot, { machine: 'none', orderId: '1' }, { to: 'users-1' })
    .catch((error: unknown) => error);
  expect(declaredErrorOf(pot, failed)).toEqual({ name: 'no_such_machine', data: { machines: ['m1', 'm2'] } });
});

const generate = (out: string, ...args: string[]) =>
  runCommand(['contract', 'generate', 'typescript', '--handlers', 'samovar/handlers', '--out', out, ...args], {
    cwd: folder,
  });

test('samovar contract generate typescript writes a file or into a folder, and over nothing that others wrote', async () => {
  const read = (path: string) => readFile(join(folder, path), 'utf8');
  expect(await generate('made/callers.ts')).toEqual({ code: 0, lines: ['6 actions in made/callers.ts'], errors: [] });
  await generate('made');
  expect(await read('made/contract.ts')).toBe(await read('made/callers.ts'));
  await writeFile(join(folder, 'made/contract.ts'), 'export {};');
  await expect(generate('made')).rejects.toThrow(
    /^expected .*\/made\/contract.ts to be new or generated before, got a file of others; choose another --out, or write over it with --force$/,
  );
  expect((await generate('made', '--force')).code).toBe(0);
});
