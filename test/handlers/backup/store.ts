import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { handleDxCreateBackup, handleDxRestoreBackup } from 'samovar/handlers';
import { onTestFinished } from 'vitest';
import { openKitchen, type Kitchen } from '../kitchen.js';

/** A node whose backups lie in folders of their own. */
export interface Store extends Kitchen {
  /** Folders below it may be backed up. */
  readonly root: string;
  readonly archives: string;
  /** Makes a folder with these files below the root. */
  folder(this: void, name: string, files: Readonly<Record<string, string>>): string;
  /** Puts a backup among the archives that this node did not make. */
  addBackup(this: void, name: string, archive: Buffer): void;
}

export async function openStore(): Promise<Store> {
  // The system's folder for temporary files may be a symbolic link.
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'samovar-backup-')));
  onTestFinished(() => rmSync(base, { recursive: true }));
  const [root, archives] = [join(base, 'root'), join(base, 'archives')];
  mkdirSync(root);
  const kitchen = await openKitchen((clock) => [
    handleDxCreateBackup({ roots: [root], archives, clock }),
    handleDxRestoreBackup({ roots: [root], archives, clock }),
  ]);
  return {
    ...kitchen,
    root,
    archives,
    folder(name, files) {
      const folder = join(root, name);
      mkdirSync(folder, { recursive: true });
      for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, file), content);
      return folder;
    },
    addBackup(name, archive) {
      mkdirSync(join(archives, name), { recursive: true });
      writeFileSync(join(archives, name, 'archive.tar.gz'), archive);
      const record = {
        ...{ name, folder: join(root, name), createdAt: '2030-01-01T00:00:00.000Z' },
        ...{ sha256: sha256(archive), archiveBytes: archive.length, contentBytes: 0, entries: 0, consistent: true },
      };
      writeFileSync(join(archives, name, 'backup.json'), JSON.stringify(record));
    },
  };
}

export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** An archive with a file of four gigabytes, which cost next to nothing here. */
export function hugeArchive(header: Buffer): Buffer {
  const zeros = gzipSync(Buffer.alloc(64 * 2 ** 20), { level: 1 });
  // A gzip file may have several members; their content is one.
  return Buffer.concat([gzipSync(header.subarray(0, 512)), ...Array.from({ length: 64 }, () => zeros)]);
}

/** A file that takes minutes to read and no space: whatever reads it is still at it. */
export function addEndlessFile(folder: string): void {
  const path = join(folder, 'endless');
  writeFileSync(path, '');
  truncateSync(path, 2 ** 38);
}

/** The archive that a backup is at, in its temporary folder. */
export const unfinished = 'backup/archive.tar.gz';

/** How large a file of that name has become in the temporary folders in `parent`. */
export function unfinishedBytes(parent: string, file: string): number {
  try {
    const folders = readdirSync(parent).filter((name) => name.startsWith('.samovar-'));
    return folders.reduce((sum, folder) => sum + statSync(join(parent, folder, file)).size, 0);
  } catch {
    return 0;
  }
}

/** The pids of the `tar` programs that the process has started and that have not ended. */
export function tarsOf(pid: number): number[] {
  const lines = execFileSync('ps', ['-e', '-o', 'ppid=,pid=,comm=,stat='], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => {
    const [parent, child, name, state] = line.trim().split(/\s+/);
    return Number(parent) === pid && name === 'tar' && !state?.startsWith('Z') ? [Number(child)] : [];
  });
}
