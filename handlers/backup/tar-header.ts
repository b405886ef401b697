import { DamagedArchive } from './archive-errors.js';

export const blockBytes = 512;

/** What the header block of an entry says. */
export interface TarHeader {
  readonly name: string;
  /** The one letter that POSIX pax ("ustar Interchange Format") and GNU tar give each kind of entry. */
  readonly type: string;
  readonly sizeBytes: number;
  readonly linkName: string;
}

/** Undefined for the zero block that ends an archive. @throws DamagedArchive for what is no header. */
export function readTarHeader(block: Buffer): TarHeader | undefined {
  if (block.every((byte) => byte === 0)) return undefined;
  // A header that tar would skip must not be read here either, and the other way round.
  if (readNumber(block, 148, 8) !== sumOf(block)) throw new DamagedArchive('a header has a wrong check sum');
  const name = readText(block, 0, 100);
  // GNU's own format has other things where POSIX has the prefix; its magic differs in the sixth byte.
  const prefix = readText(block, 257, 6) === 'ustar' ? readText(block, 345, 155) : '';
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    type: String.fromCharCode(block.readUInt8(156)),
    sizeBytes: readNumber(block, 124, 12),
    linkName: readText(block, 157, 100),
  };
}

const known = new Set(['path', 'linkpath', 'size', 'mtime', 'atime', 'ctime', 'uid', 'gid', 'uname', 'gname']);

/** The records of a pax extended header. Those that could change the meaning of an entry in other ways are refused. */
export function readPaxRecords(data: Buffer): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < data.length;) {
    const space = data.indexOf(' ', at);
    const digits = space < 0 ? '' : data.toString('latin1', at, space);
    const end = at + Number(digits);
    if (!/^[1-9]\d{0,6}$/.test(digits) || end > data.length || data[end - 1] !== 0x0a) {
      throw new DamagedArchive('an extended header has a record of a wrong length');
    }
    const equals = data.indexOf('=', space);
    if (equals < 0 || equals >= end) throw new DamagedArchive('an extended header has a record without a value');
    const key = data.toString('utf8', space + 1, equals);
    if (!known.has(key)) throw new DamagedArchive(`an extended header has the record ${JSON.stringify(key)}`);
    records.set(key, data.toString('utf8', equals + 1, end - 1));
    at = end;
  }
  return records;
}

/** Text ends with the first zero byte, or with its field. */
export function readText(bytes: Buffer, from: number, length: number): string {
  const field = bytes.subarray(from, from + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? length : end);
}

/** Octal digits, or GNU's base 256 for what does not fit. */
function readNumber(block: Buffer, from: number, length: number): number {
  if (block[from] === 0x80) {
    const value = block.subarray(from + 1, from + length).reduce((sum, byte) => sum * 256 + byte, 0);
    if (Number.isSafeInteger(value)) return value;
  }
  const digits = /^ *([0-7]+)[ \0]*$/.exec(block.toString('latin1', from, from + length))?.[1];
  if (digits === undefined) throw new DamagedArchive('a header has a field that is no number');
  return parseInt(digits, 8);
}

/** The field of the sum itself counts as spaces. */
function sumOf(block: Buffer): number {
  return block.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0);
}
