import { execFile } from 'node:child_process';
import { access, constants, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** Whatever it waits for by then does not come. */
const longestMs = 240_000;

/** Installs Debian packages without starting services of theirs. False where that is not possible. */
export async function installDebianPackages(names: readonly string[]): Promise<boolean> {
  if (process.getuid?.() !== 0 || !(await isExecutable('/usr/bin/apt-get'))) return false;
  process.stderr.write(`Not on this machine: installing by apt-get ${names.join(', ')}.\n`);
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !(await isExecutable(policy));
  if (ours) await writeFile(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const wait = ['-q', '-o', 'DPkg::Lock::Timeout=120', '-o', 'Acquire::http::Timeout=30'];
    const options = { env, maxBuffer: 64 * 1024 * 1024, timeout: longestMs, killSignal: 'SIGKILL' as const };
    await updateLists(() => run('apt-get', [...wait, 'update'], options));
    await run('apt-get', [...wait, 'install', '-y', '--no-install-recommends', ...names], options);
    return true;
  } finally {
    if (ours) await rm(policy, { force: true });
  }
}

/** apt-get update does not wait for its lock, and another test process may hold it for the same reason. */
async function updateLists(update: () => Promise<unknown>, triesLeft = 20): Promise<void> {
  try {
    await update();
  } catch (error) {
    if (triesLeft <= 1) throw error;
    await sleep(2_000);
    await updateLists(update, triesLeft - 1);
  }
}

export async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
