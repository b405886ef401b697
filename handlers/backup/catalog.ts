import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { exists, hasCode, isMissing, sync } from './files.js';

const count = z.int().nonnegative();

/** What is known about a backup; kept beside its archive as JSON. */
export const backupRecord = z
  .object({
    name: z.string(),
    folder: z.string().describe('What was backed up.'),
    createdAt: z.iso.datetime(),
    sha256: z.hex().length(64).describe('Of the archive.'),
    archiveBytes: count,
    contentBytes: count,
    entries: count.describe('Files, folders and links.'),
    consistent: z.boolean().describe('False if files changed while they were read.'),
  })
  .meta({
    examples: [
      {
        name: 'trees-2030-01-01',
        folder: '/srv/trees',
        createdAt: '2030-01-01T00:00:00.000Z',
        sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
        archiveBytes: 1_048_576,
        contentBytes: 4_194_304,
        entries: 312,
        consistent: true,
      },
    ],
  });

export type BackupRecord = z.output<typeof backupRecord>;

/** A backup is a folder, so that its archive and what is known about it appear and go together. */
const recordFile = 'backup.json';
export const archiveFile = 'archive.tar.gz';

export const archivePath = (archives: string, name: string): string => join(archives, name, archiveFile);

/** `'unknown'`: something has that name, but no record that can be read. */
export async function findBackup(archives: string, name: string): Promise<BackupRecord | 'none' | 'unknown'> {
  if (!(await exists(join(archives, name)))) return 'none';
  try {
    const found = backupRecord.safeParse(JSON.parse(await readFile(join(archives, name, recordFile), 'utf8')));
    return found.success ? found.data : 'unknown';
  } catch (error) {
    if (isMissing(error) || error instanceof SyntaxError) return 'unknown';
    throw error;
  }
}

export async function openArchives(archives: string): Promise<void> {
  // An archive holds what others may not read where it comes from.
  await mkdir(archives, { recursive: true, mode: 0o700 });
}

/**
 * Gives the folder of an archive its final name, as the last step: until then there is no such backup.
 * `'taken'`: a worker in another process was faster.
 */
export async function publish(archives: string, folder: string, record: BackupRecord): Promise<'published' | 'taken'> {
  const draft = join(folder, recordFile);
  await writeFile(draft, `${JSON.stringify(record, undefined, 2)}\n`, { flag: 'wx', mode: 0o600, flush: true });
  await sync(folder);
  try {
    await rename(folder, join(archives, record.name));
  } catch (error) {
    if (hasCode(error, 'ENOTEMPTY', 'EEXIST', 'ENOTDIR')) return 'taken';
    throw error;
  }
  await sync(archives);
  return 'published';
}
