import { realpathSync } from 'node:fs';
import { lstat, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { exclusive, failed, shared, type LockKey } from 'samovar';
import { z } from 'zod';
import { hasCode, isMissing } from './files.js';

/**
 * An absolute path in its shortest form: no `.`, no `..`, no empty part, and not `/` itself. Nor half a character, which
 * would become another name on the disk.
 */
const absoluteFolder = z
  .string()
  .max(1_024)
  .regex(/^(\/(?!\.{1,2}(\/|$))[^/\0\p{Cs}]+)+$/u, 'expected an absolute path without ".", "..", "//" and a last "/"');

/** What a worker may set for backups. Without roots, every folder is refused. */
export const backupSettings = z
  .object({
    roots: z
      .array(absoluteFolder)
      .max(100)
      .default([])
      .describe(
        'Folders below these may be backed up and restored, and no others. Whoever may write beside such a folder is trusted.',
      ),
    archives: absoluteFolder
      .default('/var/backups/samovar')
      .describe('Where the archives are kept. Created when it is needed.'),
  })
  .refine(({ roots, archives }) => !roots.some((root) => isWithin(archives, root) || isWithin(root, archives)), {
    path: ['archives'],
    message: 'expected a folder outside all roots: a backup must not hold itself',
  });

export type BackupSettings = z.output<typeof backupSettings>;

/**
 * By another name a folder has other locks, and archives could lie in what is backed up.
 * @throws Error that names the path to set instead.
 */
export function expectRealPaths({ roots, archives }: BackupSettings): void {
  for (const path of roots.length === 0 ? [] : [...roots, archives]) {
    const real = realPathOf(path);
    if (real !== path) throw new Error(`expected ${path} not to lead through a symbolic link; name ${real} instead`);
  }
}

/** Also of what is not there yet. */
function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
    return join(realPathOf(dirname(path)), basename(path));
  }
}

export const folderField = absoluteFolder
  .describe('Absolute, below one of the roots that the worker allows.')
  .meta({ examples: ['/srv/trees'] });

export const nameField = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'expected 1 to 100 letters, digits, ".", "_" or "-"')
  .describe('Names the backup on its node, once and for all.')
  .meta({ examples: ['trees-2030-01-01'] });

export const folderErrors = {
  /** Not below a root, or led there by a symbolic link. */
  outside_root: z.object({ folder: z.string(), roots: z.array(z.string()) }),
  no_such_folder: z.object({ folder: z.string() }),
};

/** The folder for itself, and shared what it lies in: nobody replaces that meanwhile. */
export function folderLocks(folder: string): LockKey[] {
  const locks = [exclusive(`folder:${folder}`)];
  for (let above = dirname(folder); above !== '/'; above = dirname(above)) locks.push(shared(`folder:${above}`));
  return locks;
}

export const backupLock = (name: string): string => `backup:${name}`;

/**
 * Whether the folder is there; it may be missing where `mayBeMissing` says so, but not what it lies in.
 * @throws a declared error of `folderErrors`.
 */
export async function findFolder(
  folder: string,
  roots: readonly string[],
  { mayBeMissing }: { readonly mayBeMissing: boolean },
): Promise<boolean> {
  if (!roots.some((root) => folder.startsWith(`${root}/`))) throw failed('outside_root', { folder, roots });
  const isThere = await isFolder(folder);
  if (!isThere && !mayBeMissing) throw failed('no_such_folder', { folder });
  const lowest = isThere ? folder : dirname(folder);
  try {
    // Locks go by the name of a folder, so it has one name only: no link leads there.
    if ((await realpath(lowest)) === lowest) return isThere;
  } catch (error) {
    if (isMissing(error)) throw failed('no_such_folder', { folder: lowest });
    throw error;
  }
  throw failed('outside_root', { folder, roots });

  async function isFolder(path: string): Promise<boolean> {
    try {
      const found = await lstat(path);
      if (found.isSymbolicLink()) throw failed('outside_root', { folder, roots });
      if (!found.isDirectory()) throw failed('no_such_folder', { folder });
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      if (hasCode(error, 'ENAMETOOLONG')) throw failed('no_such_folder', { folder });
      throw error;
    }
  }
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
