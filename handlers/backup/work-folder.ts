import { execFile } from 'node:child_process';
import { lstat, mkdtemp, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Logger } from 'samovar';
import { exists, isMissing, sync } from './files.js';

const namePattern = /^\.samovar-(\d+)-\w{6}$/;

/** Below a work folder: what was moved away to make room, under its own name. */
export const displaced = 'displaced';
/** Below a work folder: what is to take that place. While it is there, what was moved away is still needed. */
export const fresh = 'fresh';

/**
 * Runs `work` with a new folder in `parent`, so that what is made there gets its final name by a rename. The folder is
 * removed afterwards, and so are those that killed processes left behind.
 */
export async function withWorkFolder<T>(parent: string, log: Logger, work: (folder: string) => Promise<T>): Promise<T> {
  for (const name of await readdir(parent)) {
    if (await isLeftover(parent, name)) await discard(parent, name, log);
  }
  const folder = await mkdtemp(join(parent, `.samovar-${process.pid}-`));
  try {
    return await work(folder);
  } finally {
    await discard(parent, folder.slice(parent.length + 1), log);
  }
}

async function isLeftover(parent: string, name: string): Promise<boolean> {
  const pid = Number(namePattern.exec(name)?.[1] ?? NaN);
  if (Number.isNaN(pid)) return false;
  if (pid !== process.pid) return !isAlive(pid);
  // In a container, the worker before this one often had the same pid.
  const found = await lstat(join(parent, name)).catch(() => undefined);
  return found !== undefined && found.mtimeMs < performance.timeOrigin;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}

/** What cannot be put back or removed stays where it is: it is told, and hinders nobody. */
async function discard(parent: string, name: string, log: Logger): Promise<void> {
  const folder = join(parent, name);
  try {
    const found = await lstat(folder);
    // Whoever may write into the parent could lay such a folder out, to have files moved or removed with our rights.
    if (!found.isDirectory() || found.uid !== process.geteuid?.()) throw new Error(`expected ${folder} to be our own`);
    if (await exists(join(folder, fresh))) await putBack(parent, join(folder, displaced), log);
    // Not Node's own: it holds up the event loop for each of a million files, and whoever owns the content could lead it
    // out by a symbolic link in the place of a folder that it has just looked at.
    await promisify(execFile)('rm', ['-rf', '--', folder]);
  } catch (err) {
    // Another run has cleared up at the same time.
    if (isMissing(err)) return;
    log.error({ err, folder }, 'a temporary folder is left; see what is in it, then remove it');
  }
}

async function putBack(parent: string, away: string, log: Logger): Promise<void> {
  for (const one of (await exists(away)) ? await readdir(away) : []) {
    const folder = join(parent, one);
    if (await exists(folder))
      throw new Error(`expected nothing at ${folder}, to put back what was moved away from there`);
    await rename(join(away, one), folder);
    await sync(parent);
    log.warn({ folder }, 'a folder that was moved away has been put back');
  }
}
