import { realpath } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { installDebianPackages, isExecutable } from './debian-packages.js';

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
export function installRabbitmq(): Promise<boolean> {
  return installDebianPackages(['rabbitmq-server']);
}
