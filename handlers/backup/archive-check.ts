import { DamagedArchive, RefusedEntry } from './archive-errors.js';
import { blockBytes, readPaxRecords, readTarHeader, readText, type TarHeader } from './tar-header.js';

/**
 * Reads a tar archive as it passes by. The same check stands where an archive is made and where it is unpacked:
 * whatever was backed up can be restored, and nothing that is restored gets out of its folder.
 */
export interface ArchiveCheck {
  /** Files, folders and links so far, the folder itself not counted. */
  readonly entries: number;
  /** The bytes in its files so far. */
  readonly contentBytes: number;
  /** @throws RefusedEntry or DamagedArchive, before the bytes may go on. */
  push(chunk: Buffer): void;
  /** @throws DamagedArchive unless the archive came to its end. */
  end(): void;
}

/** What comes before the header of an entry and belongs to it. */
interface Extension {
  readonly type: string;
  readonly sizeBytes: number;
  readonly blocks: Buffer[];
}

const mostExtensionBytes = 64 * 1024;
const kinds: ReadonlyMap<string, string> = new Map([
  ['3', 'is a device'],
  ['4', 'is a device'],
  ['6', 'is a named pipe'],
]);

export function createArchiveCheck(): ArchiveCheck {
  const block = Buffer.alloc(blockBytes);
  let filledBytes = 0;
  let skipBytes = 0;
  let extension: Extension | undefined;
  let overrides = new Map<string, string>();
  let extendedBy = '';
  let hasEnded = false;
  const symbolicLinks = new Set<string>();
  let entries = 0;
  let contentBytes = 0;

  function takeBlock(): void {
    if (extension) takeExtension(extension);
    else if (!hasEnded) takeHeader();
    else if (readTarHeader(block)) throw new DamagedArchive('there is more after its end');
  }

  function takeHeader(): void {
    const header = readTarHeader(block);
    if (!header) {
      if (extendedBy !== '') throw new DamagedArchive('it ends in the middle of an entry');
      hasEnded = true;
    } else if ('xLK'.includes(header.type)) {
      const { type, sizeBytes } = header;
      // Which of two headers for one name counts differs between programs.
      const isTwice = extendedBy.includes(type) || (type === 'x' ? extendedBy !== '' : extendedBy.includes('x'));
      if (isTwice || sizeBytes === 0 || sizeBytes > mostExtensionBytes) {
        throw new DamagedArchive('an entry has an extended header that is not allowed');
      }
      extendedBy += type;
      extension = { type, sizeBytes, blocks: [] };
    } else {
      takeEntry({
        ...header,
        name: overrides.get('path') ?? header.name,
        linkName: overrides.get('linkpath') ?? header.linkName,
        sizeBytes: sizeOf(overrides.get('size')) ?? header.sizeBytes,
      });
      overrides = new Map();
      extendedBy = '';
    }
  }

  function takeExtension({ type, sizeBytes, blocks }: Extension): void {
    blocks.push(Buffer.from(block));
    if (blocks.length * blockBytes < sizeBytes) return;
    extension = undefined;
    const data = Buffer.concat(blocks).subarray(0, sizeBytes);
    if (type === 'x') overrides = readPaxRecords(data);
    else overrides.set(type === 'L' ? 'path' : 'linkpath', readText(data, 0, sizeBytes));
  }

  function takeEntry({ name, type, sizeBytes, linkName }: TarHeader): void {
    const parts = partsOf(name, name);
    const path = parts.join('/');
    if (leadsThroughLink(parts, parts.length)) throw new RefusedEntry(name, 'lies behind a symbolic link');
    const isFile = type === '0' || type === '\0';
    if (parts.length === 0 && type !== '5') throw new RefusedEntry(name, 'would replace the folder itself');
    if (isFile && name.endsWith('/')) throw new RefusedEntry(name, 'is both a file and a folder');
    if (!isFile && sizeBytes !== 0) throw new RefusedEntry(name, 'has content, but is no file');
    if (type === '2') {
      if (leadsOut(linkName, parts.length - 1)) throw new RefusedEntry(name, 'is a symbolic link that leads out');
      symbolicLinks.add(path);
    } else if (type === '1') {
      const target = partsOf(linkName, name);
      // A second name for a symbolic link would make it lead elsewhere.
      if (target.length === 0 || leadsThroughLink(target, target.length)) {
        throw new RefusedEntry(name, 'is a hard link to a symbolic link');
      }
    } else if (!isFile && type !== '5') {
      throw new RefusedEntry(name, kinds.get(type) ?? `is of a kind that is not known (${JSON.stringify(type)})`);
    }
    skipBytes = Math.ceil(sizeBytes / blockBytes) * blockBytes;
    contentBytes += sizeBytes;
    if (parts.length > 0) entries += 1;
  }

  /** Whether one of the first `length` folders of the path, or the path itself, is a symbolic link. */
  function leadsThroughLink(parts: readonly string[], length: number): boolean {
    if (symbolicLinks.size === 0) return false;
    for (let upTo = 1; upTo <= length; upTo++) if (symbolicLinks.has(parts.slice(0, upTo).join('/'))) return true;
    return false;
  }

  return {
    get entries() {
      return entries;
    },
    get contentBytes() {
      return contentBytes;
    },
    push(chunk) {
      for (let at = 0; at < chunk.length;) {
        const isContent = skipBytes > 0;
        const length = Math.min(isContent ? skipBytes : blockBytes - filledBytes, chunk.length - at);
        if (isContent) skipBytes -= length;
        else {
          chunk.copy(block, filledBytes, at, at + length);
          filledBytes = (filledBytes + length) % blockBytes;
          if (filledBytes === 0) takeBlock();
        }
        at += length;
      }
    },
    end() {
      if (!hasEnded || filledBytes > 0) throw new DamagedArchive('it ends too early');
    },
  };
}

function partsOf(path: string, entry: string): string[] {
  if (path.includes('\0')) throw new RefusedEntry(entry, 'has a zero byte in its name');
  if (path.startsWith('/')) throw new RefusedEntry(entry, 'has an absolute path');
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw new RefusedEntry(entry, 'has a path with ".."');
  return parts;
}

/** A ".." counts on real folders only, so it may stand at the beginning alone: behind a name, that may be a link. */
function leadsOut(target: string, depth: number): boolean {
  if (target === '' || target.startsWith('/') || target.includes('\0')) return true;
  const parts = target.split('/').filter((part) => part !== '' && part !== '.');
  const names = parts.findIndex((part) => part !== '..');
  const ups = names < 0 ? parts.length : names;
  return ups > depth || parts.slice(ups).includes('..');
}

function sizeOf(record: string | undefined): number | undefined {
  if (record === undefined) return undefined;
  const sizeBytes = Number(record);
  if (!/^\d+$/.test(record) || !Number.isSafeInteger(sizeBytes)) throw new DamagedArchive('a size is no number');
  return sizeBytes;
}
