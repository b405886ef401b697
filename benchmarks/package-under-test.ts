import { execFile } from 'node:child_process';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const repository = fileURLToPath(new URL('..', import.meta.url));
const peers = fileURLToPath(new URL('peers', import.meta.url));

/** What is measured is the built package. */
export async function build(): Promise<void> {
  await npm(repository, 'run', 'build');
}

/** Whether a source was changed after the last build, or there was none. */
export async function isStale(): Promise<boolean> {
  const built = await changedMs(join(repository, 'dist/src/index.js')).catch(() => 0);
  for (const folder of ['src', 'transports', 'handlers']) {
    for (const name of await readdir(join(repository, folder), { recursive: true })) {
      if (name.endsWith('.ts') && (await changedMs(join(repository, folder, name))) > built) return true;
    }
  }
  return false;
}

export async function installPeers(): Promise<void> {
  await npm(peers, 'ci');
}

/** Of a package that is installed here, or else for the peers. */
export async function versionOf(name: string): Promise<string> {
  const read = (folder: string) => readFile(join(folder, 'node_modules', name, 'package.json'), 'utf8');
  const { version } = JSON.parse(await read(repository).catch(() => read(peers))) as { version: string };
  return version;
}

async function changedMs(file: string): Promise<number> {
  return (await stat(file)).mtimeMs;
}

async function npm(cwd: string, ...args: string[]): Promise<void> {
  try {
    await promisify(execFile)('npm', args, { cwd });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`expected npm ${args.join(' ')} to succeed, got:\n${stdout}${stderr}`, { cause: error });
  }
}
