import { createHash, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import type { Clock, Logger } from 'samovar';
import { createArchiveCheck, type ArchiveCheck } from './archive-check.js';
import { isBrokenPipe, runChild, type ChildEnd } from './child.js';
import { sync } from './files.js';

export interface ArchiveWork {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Packed {
  readonly sha256: string;
  readonly archiveBytes: number;
  readonly contentBytes: number;
  readonly entries: number;
  /** False if files changed while they were read. */
  readonly consistent: boolean;
}

const progressEveryMs = 10_000;

/** Packs the content of a folder into a new file, which is on the disk when this resolves. */
export async function pack(folder: string, archive: string, work: ArchiveWork): Promise<Packed> {
  const check = createArchiveCheck();
  const hash = createHash('sha256');
  const file = createWriteStream(archive, { flags: 'wx', mode: 0o600 });
  // The folder is no argument that tar could take for an option: it is absolute, and the entries are "./…".
  const create = ['tar', '--create', '--format=posix', '--numeric-owner', '--file=-', '-C', folder, '.'] as const;
  const { exitCode, errorText } = await runChild(create, work, async (tar) => {
    tar.stdin.end();
    const { signal } = work;
    await pipeline(tar.stdout, checked(check, 'packing', work), createGzip(), hashed(hash), file, { signal });
  });
  // GNU tar ends with 1 if a file changed while it was read: the archive is whole, that file may not be.
  if (exitCode !== 0 && exitCode !== 1) throw new Error(`expected tar to pack ${folder}, got: ${errorText}`);
  if (exitCode === 1) work.log.warn({ folder, tar: errorText }, 'files changed while they were backed up');
  check.end();
  await sync(archive);
  const { contentBytes, entries } = check;
  const archiveBytes = file.bytesWritten;
  return { sha256: hash.digest('hex'), archiveBytes, contentBytes, entries, consistent: exitCode === 0 };
}

export interface Unpacked {
  /** Of what was unpacked: the file may have changed since somebody looked. */
  readonly sha256: string;
  readonly contentBytes: number;
  readonly entries: number;
}

/** Unpacks into an empty folder; what leads out of it is refused before tar sees it. On the disk when this resolves. */
export async function unpack(archive: string, folder: string, work: ArchiveWork): Promise<Unpacked> {
  const check = createArchiveCheck();
  const hash = createHash('sha256');
  const extract = ['tar', '--extract', '--preserve-permissions', '--numeric-owner', '--file=-', '-C', folder] as const;
  let isWhole = false;
  async function* wholly(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    yield* checked(check, 'unpacking', work)(source);
    check.end();
    isWhole = true;
  }
  const unpacking = await runChild(extract, work, async (tar) => {
    tar.stdout.resume();
    const { signal } = work;
    const file = createReadStream(archive);
    await pipeline(file, hashed(hash), createGunzip(), wholly, tar.stdin, { signal }).catch((error: unknown) => {
      // tar may be gone before Node learns that the last bytes were taken; its exit code tells whether it had enough.
      if (!isWhole || !isBrokenPipe(error)) throw error;
    });
  });
  expectSuccess(unpacking);
  // One call for the whole file system costs less than one for each file.
  expectSuccess(await runChild(['sync', '-f', folder], work, async (child) => void child.stdout.resume()));
  const { contentBytes, entries } = check;
  return { sha256: hash.digest('hex'), contentBytes, entries };
}

export async function sha256Of(archive: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(archive), hash, { signal });
  return hash.digest('hex');
}

function hashed(hash: Hash) {
  return async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      hash.update(chunk);
      yield chunk;
    }
  };
}

function checked(check: ArchiveCheck, doing: string, { clock, log }: ArchiveWork) {
  let toldMs = clock.monotonicMs();
  return async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      check.push(chunk);
      if (clock.monotonicMs() - toldMs >= progressEveryMs) {
        toldMs = clock.monotonicMs();
        log.info({ entries: check.entries, contentBytes: check.contentBytes }, doing);
      }
      yield chunk;
    }
  };
}

function expectSuccess({ exitCode, errorText }: ChildEnd): void {
  if (exitCode !== 0) throw new Error(`expected the archive to be unpacked, got: ${errorText}`);
}
