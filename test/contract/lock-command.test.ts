import { expect, test } from 'vitest';
import { temporaryFolder, type Folder } from '../cli/handlers/packages.js';
import { runCommand } from '../cli/run-command.js';

async function check(folder: Folder, ...args: string[]) {
  const { errors, ...seen } = await runCommand(['contract', 'check', ...args], { cwd: folder.path });
  expect(errors).toEqual([]);
  return seen;
}

let versions = 0;

/** A module is loaded once: each version of the handlers is a file of its own. */
async function handlers(folder: Folder, request: string, response = 'z.null()'): Promise<readonly string[]> {
  const name = `acts-${++versions}.mjs`;
  const action = `{ name: 'act', summary: 'Acts.', request: z.object(${request}), response: ${response}, errors: {} }`;
  await folder.write({
    [name]: `import { z } from 'zod';\nexport default [{ action: ${action}, run: () => null }];\n`,
  });
  return ['--handlers', `./${name}`];
}

test('the first check asks for a lock file, and --write makes it', async () => {
  const folder = await temporaryFolder();
  const given = await handlers(folder, '{ a: z.string() }');
  expect(await check(folder, ...given)).toEqual({
    code: 1,
    lines: ['there is no contract.lock.json yet: write it with --write, and keep it with the code'],
  });
  expect(await check(folder, ...given, '--write')).toEqual({ code: 0, lines: ['wrote contract.lock.json'] });
  expect(await check(folder, ...given)).toEqual({ code: 0, lines: ['nothing has changed'] });
});

test('a break fails the check and is not written, until it is acknowledged', async () => {
  const folder = await temporaryFolder();
  await check(folder, ...(await handlers(folder, "{ a: z.enum(['x', 'y']) }")), '--write');
  const before = await folder.read('contract.lock.json');
  const given = await handlers(folder, "{ a: z.enum(['x']), b: z.string() }");
  const found = [
    'breaking     act/request.a: no longer "y" (breaks old callers; compatible for old workers)',
    'breaking     act/request.b: a required field was added (breaks old callers; compatible for old workers)',
  ];
  const advice = '2 changes break old callers: keep what they rely on, or say --acknowledge act/request.a';
  expect(await check(folder, ...given)).toEqual({ code: 1, lines: [...found, advice] });
  expect(await check(folder, ...given, '--write')).toEqual({ code: 1, lines: [...found, advice] });
  expect((await check(folder, ...given, '--acknowledge', 'act/request.a')).code).toBe(1);
  expect(await folder.read('contract.lock.json')).toBe(before);

  await expect(check(folder, ...given, '--acknowledge', 'other')).rejects.toThrow(
    /^expected --acknowledge to name what breaks old callers, as action or action\/path, got other$/,
  );
  const { code, lines } = await check(folder, ...given, '--acknowledge', 'act/request.a', 'act/request.b');
  expect({ code, last: lines.at(-1) }).toEqual({ code: 0, last: 'wrote contract.lock.json' });
  expect(lines[0]).toMatch(/^acknowledged act\/request.a/);
  expect((await check(folder, ...given)).lines).toEqual(['nothing has changed']);
});

test('what breaks no old caller passes, and says who is to be updated first', async () => {
  const folder = await temporaryFolder();
  await check(folder, ...(await handlers(folder, "{ a: z.enum(['x']) }")), '--write', '--lock', 'my.lock.json');
  const given = await handlers(folder, "{ a: z.enum(['x', 'y']), b: z.string().optional() }");
  expect(await check(folder, ...given, '--lock', 'my.lock.json')).toEqual({
    code: 0,
    lines: [
      'compatible   act/request.a: may be "y" now (compatible for old callers; update workers first)',
      'compatible   act/request.b: a field was added (compatible for old callers and old workers)',
      'nothing breaks old callers; bring my.lock.json up to date with --write',
    ],
  });
});

test('--json tells programs the same', async () => {
  const folder = await temporaryFolder();
  await check(folder, ...(await handlers(folder, '{}', 'z.object({ a: z.string() })')), '--write');
  const { code, lines } = await check(folder, ...(await handlers(folder, '{}', 'z.object({})')), '--json');
  expect(code).toBe(1);
  expect(JSON.parse(lines.join('\n'))).toEqual({
    ...{ lock: 'contract.lock.json', isNew: false, written: false, breaks: 1 },
    changes: [
      {
        ...{ action: 'act', path: 'response.a', kind: 'field_removed', what: 'the field was removed' },
        ...{ breaksOldCallers: true, breaksOldWorkers: false, class: 'breaking', acknowledged: false },
      },
    ],
  });
});

test('a lock file that is none is refused', async () => {
  const folder = await temporaryFolder();
  const given = await handlers(folder, '{}');
  const halves = ['null', '[]', '{"dx_x": null}', '{"dx_x": {"request": {}, "errors": {}}}'];
  halves.push('{"dx_x": {"request": {}, "response": {}, "errors": {"gone": 5}}}');
  const wrong = halves.map((half) => `{"lockVersion": 1, "actions": ${half}}`);
  for (const text of ['{', '{"lockVersion": 2, "actions": {}}', 'null', ...wrong]) {
    await folder.write({ 'contract.lock.json': text });
    await expect(check(folder, ...given)).rejects.toThrow(/^expected a lock file .*contract.lock.json; write it anew/);
  }
});
