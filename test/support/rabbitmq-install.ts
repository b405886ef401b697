import { execFile } from 'node:child_process';
import { access, constants, realpath, rm, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

// Debian's /usr/sbin/rabbitmq-server changes the user and the folder; the script beneath does neither.
const usualFolders = ['/usr/lib/rabbitmq/bin', '/opt/homebrew/opt/rabbitmq/sbin', '/usr/local/opt/rabbitmq/sbin'];

/** The folder of rabbitmq-server and rabbitmqctl on this machine, or undefined. */
export async function findRabbitmq(): Promise<string | undefined> {
  for (const folder of usualFolders) {
    if (await isExecutable(join(folder, 'rabbitmq-server'))) return folder;
  }
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const program = join(folder, 'rabbitmq-server');
    if (folder !== '' && (await isExecutable(program))) return dirname(await realpath(program));
  }
  return undefined;
}

/** Installs Debian's package without starting its service. False where that is not possible. */
export async function installRabbitmq(): Promise<boolean> {
  if (process.getuid?.() !== 0 || !(await isExecutable('/usr/bin/apt-get'))) return false;
  process.stderr.write("No RabbitMQ on this machine: installing Debian's package rabbitmq-server by apt-get.\n");
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !(await isExecutable(policy));
  if (ours) await writeFile(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const wait = ['-q', '-o', 'DPkg::Lock::Timeout=120'];
    const options = { env, maxBuffer: 64 * 1024 * 1024 };
    await updateLists(() => run('apt-get', [...wait, 'update'], options));
    await run('apt-get', [...wait, 'install', '-y', '--no-install-recommends', 'rabbitmq-server'], options);
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

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
