import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { defineAction, defineHandler, exclusive, failed, systemClock, type Clock, type Handler } from 'samovar';
import { z } from 'zod';
import { RefusedEntry } from './backup/archive-errors.js';
import { pack } from './backup/archive.js';
import { archiveFile, backupRecord, findBackup, openArchives, publish, type BackupRecord } from './backup/catalog.js';
import { isNoSpace } from './backup/files.js';
import {
  backupLock,
  findFolder,
  folderErrors,
  folderField,
  folderLocks,
  nameField,
  type BackupSettings,
} from './backup/places.js';
import { withWorkFolder } from './backup/work-folder.js';

export const dxCreateBackup = defineAction({
  name: 'dx_create_backup',
  summary: 'Packs a folder into an archive with a checksum.',
  request: z.object({ folder: folderField, name: nameField }),
  response: backupRecord,
  errors: {
    ...folderErrors,
    /** A backup of another folder has the name. */
    name_taken: z.object({ name: z.string() }),
    /** It holds what a restore would refuse: a device, a named pipe, a link that leads out. */
    refused_entry: z.object({ entry: z.string(), reason: z.string() }),
    no_space: z.object({ archives: z.string() }),
  },
});

export interface BackupOptions extends BackupSettings {
  readonly clock?: Clock;
}

/** With the ten minutes that a request may wait for its locks, this is what RabbitMQ grants a delivery by default. */
export const backupTimeoutMs = 15 * 60_000;

/** A few at once: backups must not fill the slots that short requests need. */
export const backupConcurrency = 4;

/**
 * No idempotency key: the name says it. Asked again, also by the next worker, it answers with the backup that is there,
 * and makes a new one if that was deleted.
 */
export function handleDxCreateBackup({ roots, archives, clock = systemClock }: BackupOptions): Handler {
  return defineHandler(dxCreateBackup, {
    locks: ({ folder, name }) => [...folderLocks(folder), exclusive(backupLock(name))],
    timeoutMs: backupTimeoutMs,
    concurrency: backupConcurrency,
    async run({ folder, name }, { signal, log }) {
      await findFolder(folder, roots, { mayBeMissing: false });
      const existing = await backupOf(folder, name, archives);
      if (existing) return existing;
      const createdAt = new Date(clock.now()).toISOString();
      try {
        await openArchives(archives);
        return await withWorkFolder(archives, log, async (work): Promise<BackupRecord> => {
          const backup = join(work, 'backup');
          await mkdir(backup, { mode: 0o700 });
          const packed = await pack(folder, join(backup, archiveFile), { signal, clock, log });
          signal.throwIfAborted();
          const record = { name, folder, createdAt, ...packed };
          if ((await publish(archives, backup, record)) === 'published') return record;
          return (await backupOf(folder, name, archives)) ?? record;
        });
      } catch (error) {
        if (error instanceof RefusedEntry) {
          throw failed('refused_entry', { entry: error.entry, reason: error.reason });
        }
        if (isNoSpace(error)) throw failed('no_space', { archives });
        throw error;
      }
    },
  });
}

/** @throws the declared error `name_taken` where the name is that of something else. */
async function backupOf(folder: string, name: string, archives: string): Promise<BackupRecord | undefined> {
  const found = await findBackup(archives, name);
  if (found === 'none') return undefined;
  if (found === 'unknown' || found.folder !== folder) throw failed('name_taken', { name });
  return found;
}
