import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { installDebianPackages } from './debian-packages.js';

/** All that tests find on a Debian system, or install when they need it. */
const wanted = [
  ...['rabbitmq-server', 'redis-server', 'openssl', 'zsh', 'fish', 'chromium'],
  ...['python3-pika', 'python3-cryptography', 'python3-pydantic', 'php-cli', 'php-amqplib'],
];

/** Installs what is missing in one go: tests that do so side by side wait for each other. */
export async function installSystemPackages(): Promise<void> {
  const isMissing = await Promise.all(wanted.map(async (name) => !(await isInstalled(name))));
  const missing = wanted.filter((_, nth) => isMissing[nth]);
  if (missing.length === 0) return;
  try {
    await installDebianPackages(missing);
  } catch (error) {
    console.log(`not all system packages could be installed; tests try again what they need: ${String(error)}`);
  }
}

async function isInstalled(name: string): Promise<boolean> {
  return promisify(execFile)('dpkg-query', ['--show', '--showformat=${db:Status-Abbrev}', name]).then(
    ({ stdout }) => stdout.startsWith('ii'),
    () => false,
  );
}
