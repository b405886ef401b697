import { mkdir, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ContractFile } from '../../contract/files.js';
import { UsageError } from '../failure.js';

/** Names what we wrote, so that the next build knows what it may replace and remove. */
const listFile = '.samovar-contract.json';

export interface WriteOptions {
  /** Write beside what is there already, and over what has one of our names. */
  readonly force: boolean;
}

/**
 * Writes the files, and removes those of an earlier build that are gone. What others put into the folder stays.
 * @returns the paths that were removed.
 * @throws UsageError if there are files of others and `force` is not given, or it is no folder.
 */
export async function writeFolder(
  folder: string,
  files: readonly ContractFile[],
  { force }: WriteOptions,
): Promise<readonly string[]> {
  const there = await filesIn(folder);
  const ours = await listed(folder);
  const foreign = there.filter((path) => path !== listFile && !ours.has(path));
  if (foreign.length > 0 && !force) {
    const some = foreign.slice(0, 3).join(', ');
    throw new UsageError(
      `expected ${folder} to be empty or an earlier build, got files of others: ${some}${foreign.length > 3 ? ', …' : ''}; choose another --out, or keep them with --force`,
    );
  }
  const paths = new Set(files.map(({ path }) => path));
  const gone = there.filter((path) => ours.has(path) && !paths.has(path));
  // Before anything else: a build that is interrupted must not take its own files for those of others.
  await writeList(folder, [...ours, ...paths]);
  for (const { path, text } of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  for (const path of gone) {
    await rm(join(folder, path));
    await removeEmpty(folder, dirname(path));
  }
  await writeList(folder, [...paths]);
  return gone;
}

/** The files below, as the paths of a list. A link is one of them, and never followed. */
async function filesIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true, recursive: true });
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, '/').length))
      .sort();
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return [];
    throw new UsageError(`expected --out to be a folder that can be read, got ${folder} (${code})`, { cause });
  }
}

async function listed(folder: string): Promise<ReadonlySet<string>> {
  try {
    const paths: unknown = JSON.parse(await readFile(join(folder, listFile), 'utf8'));
    return new Set(Array.isArray(paths) ? paths.filter((path) => typeof path === 'string') : []);
  } catch {
    // Without a list that can be read, all that is there may be somebody's.
    return new Set();
  }
}

async function writeList(folder: string, paths: readonly string[]): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, listFile), `${JSON.stringify([...new Set(paths)].sort(), undefined, 2)}\n`);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new UsageError(`expected --out to be a folder that can be written, got ${folder} (${code})`, { cause });
  }
}

async function removeEmpty(folder: string, path: string): Promise<void> {
  if (path === '.') return;
  try {
    await rmdir(join(folder, path));
  } catch {
    return;
  }
  await removeEmpty(folder, dirname(path));
}
