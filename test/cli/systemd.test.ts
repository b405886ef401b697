import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { testFolder } from './worker/kit.js';

const execute = promisify(execFile);
const units = fileURLToPath(new URL('../../deploy/systemd', import.meta.url));
const dropIns = await readdir(join(units, 'examples'));
const analyze = await execute('systemd-analyze', ['--version']).then(
  () => true,
  () => false,
);

/** A folder with the units, and one drop-in. */
async function installed(dropIn?: string): Promise<string> {
  const folder = await testFolder();
  await cp(join(units, 'samovar@.service'), join(folder, 'samovar@.service'));
  await cp(join(units, 'samovar.target'), join(folder, 'samovar.target'));
  if (dropIn !== undefined) {
    await mkdir(join(folder, 'samovar@.service.d'));
    await cp(join(units, 'examples', dropIn), join(folder, 'samovar@.service.d', dropIn));
  }
  return folder;
}

async function complaints(folder: string): Promise<string> {
  const files = [join(folder, 'samovar@trees.service'), join(folder, 'samovar.target')];
  return execute('systemd-analyze', ['verify', ...files]).then(
    ({ stdout, stderr }) => stdout + stderr,
    (error: unknown) => (error as { stderr: string }).stderr,
  );
}

describe.skipIf(!analyze)('systemd-analyze verify', () => {
  it('has nothing to say about the units', async () => {
    expect(await complaints(await installed())).toBe('');
  });

  it.each(dropIns)('has nothing to say about the drop-in %s', async (dropIn) => {
    expect(await complaints(await installed(dropIn))).toBe('');
  });

  it('would say so if a line were wrong', async () => {
    const folder = await installed();
    await writeFile(join(folder, 'samovar.target'), '[Unit]\nNoSuchKey=1\n');
    expect(await complaints(folder)).toContain('NoSuchKey');
  });
});

it('the unit is tried again for as long as a set-up of handlers fails, such as while their database is away', async () => {
  const unit = await readFile(join(units, 'samovar@.service'), 'utf8');
  const numberOf = (key: string) => Number(new RegExp(`^${key}=(\\d+)$`, 'm').exec(unit)?.[1]);
  // The fastest that it can end and be started does not reach the limit.
  expect(numberOf('StartLimitBurst') * numberOf('RestartSec')).toBeGreaterThanOrEqual(
    numberOf('StartLimitIntervalSec'),
  );
  expect(unit).not.toMatch(/^RestartPreventExitStatus=.*\b1\b/m);
});

it('the unit starts after a moment of chance, tells when it is ready, and is not tried again where that cannot help', async () => {
  const unit = await readFile(join(units, 'samovar@.service'), 'utf8');
  const lines = unit.split('\n');
  for (const line of [
    'Type=notify',
    'NotifyAccess=all',
    'ExecStart=/usr/bin/env samovar worker --vhost %I',
    'Restart=on-failure',
    'RestartPreventExitStatus=64 78',
    'KillMode=mixed',
    'RuntimeDirectory=samovar/%i',
    'PartOf=samovar.target',
  ]) {
    expect(lines).toContain(line);
  }
  const wait = /^ExecStartPre=\/bin\/sh -c '(.*)'$/m.exec(unit)?.[1] ?? '';
  const { stdout } = await execute('/bin/sh', ['-c', wait.replace('exec sleep', 'echo').replaceAll('$$', '$')], {
    env: { ...process.env, SAMOVAR_START_JITTER_MS: '5000' },
  });
  expect(Number(stdout)).toBeGreaterThanOrEqual(0);
  expect(Number(stdout)).toBeLessThanOrEqual(5);
});
