import { mkdir, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { defineAction, defineHandler, failed, shared, systemClock, type Handler } from 'samovar';
import { z } from 'zod';
import { DamagedArchive, RefusedEntry } from './backup/archive-errors.js';
import { sha256Of, unpack } from './backup/archive.js';
import { archivePath, findBackup } from './backup/catalog.js';
import { hasCode, isNoSpace, sync } from './backup/files.js';
import { backupLock, findFolder, folderErrors, folderField, folderLocks, nameField } from './backup/places.js';
import { displaced, fresh, withWorkFolder } from './backup/work-folder.js';
import { backupConcurrency, backupTimeoutMs, type BackupOptions } from './dx-create-backup.js';

export const dxRestoreBackup = defineAction({
  name: 'dx_restore_backup',
  summary: 'Puts the content of a backup in the place of a folder, all of it or nothing.',
  request: z.object({
    name: nameField,
    folder: folderField.describe('Where to: another folder than the one backed up will do. Its content is replaced.'),
    sha256: z.hex().length(64).optional().describe('Restores this very archive only.'),
  }),
  response: z
    .object({
      name: z.string(),
      folder: z.string(),
      entries: z.int().nonnegative(),
      contentBytes: z.int().nonnegative(),
      replaced: z.boolean().describe('Whether the folder was there before.'),
    })
    .meta({
      examples: [
        { name: 'trees-2030-01-01', folder: '/srv/trees', entries: 312, contentBytes: 4_194_304, replaced: true },
      ],
    }),
  errors: {
    ...folderErrors,
    no_such_backup: z.object({ name: z.string() }),
    checksum_mismatch: z.object({ expected: z.string(), found: z.string() }),
    damaged_archive: z.object({ reason: z.string() }),
    refused_entry: z.object({ entry: z.string(), reason: z.string() }),
    no_space: z.object({ folder: z.string() }),
  },
});

const mostSwaps = 100;

/** The old content stays until the new one is complete, on the disk and in its place. */
export function handleDxRestoreBackup({ roots, archives, clock = systemClock }: BackupOptions): Handler {
  return defineHandler(dxRestoreBackup, {
    locks: ({ folder, name }) => [...folderLocks(folder), shared(backupLock(name))],
    timeoutMs: backupTimeoutMs,
    concurrency: backupConcurrency,
    async run({ name, folder, sha256 }, { signal, log }) {
      const replaced = await findFolder(folder, roots, { mayBeMissing: true });
      const backup = await findBackup(archives, name);
      if (typeof backup === 'string') throw failed('no_such_backup', { name });
      const archive = archivePath(archives, name);
      const expected = sha256?.toLowerCase() ?? backup.sha256;
      const verify = (found: string): void => {
        if (found !== expected) throw failed('checksum_mismatch', { expected, found });
      };
      try {
        verify(await sha256Of(archive, signal));
        return await withWorkFolder(dirname(folder), log, async (work) => {
          await mkdir(join(work, fresh));
          const unpacked = await unpack(archive, join(work, fresh), { signal, clock, log });
          verify(unpacked.sha256);
          signal.throwIfAborted();
          await swap(work, folder);
          return { name, folder, entries: unpacked.entries, contentBytes: unpacked.contentBytes, replaced };
        });
      } catch (error) {
        throw declared(error, folder);
      }
    },
  });
}

/** Between the two renames the folder is away; if the second one fails, or the process dies, it is put back. */
async function swap(work: string, folder: string): Promise<void> {
  await mkdir(join(work, displaced));
  await moveAway(folder, join(work, displaced, basename(folder)));
  for (let time = 1; ; time++) {
    try {
      await rename(join(work, fresh), folder);
      break;
    } catch (error) {
      // Who writes into the folder all the time may have made it anew in between.
      if (!hasCode(error, 'ENOTEMPTY', 'EEXIST', 'ENOTDIR') || time === mostSwaps) throw error;
      await moveAway(folder, join(work, `between-${time}`));
    }
  }
  await sync(dirname(folder));
}

async function moveAway(from: string, to: string): Promise<void> {
  await rename(from, to).catch((error: unknown) => {
    if (!hasCode(error, 'ENOENT')) throw error;
  });
}

function declared(error: unknown, folder: string): unknown {
  if (error instanceof RefusedEntry) return failed('refused_entry', { entry: error.entry, reason: error.reason });
  if (error instanceof DamagedArchive) return failed('damaged_archive', { reason: error.message });
  if (isZlibError(error)) return failed('damaged_archive', { reason: 'it is no gzip, or not whole' });
  if (isNoSpace(error)) return failed('no_space', { folder });
  return error;
}

function isZlibError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
}
