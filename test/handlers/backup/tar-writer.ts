/** What a test writes into an archive by hand: anything that a tar program would not. */
export interface HandEntry {
  readonly name: string;
  /** `0` by default: a file. */
  readonly type?: string;
  readonly linkName?: string;
  readonly content?: string | Buffer;
  /** By default as long as the content. */
  readonly sizeBytes?: number;
  readonly prefix?: string;
}

export function tarOf(...entries: readonly HandEntry[]): Buffer {
  return Buffer.concat([...entries.flatMap(blocksOf), Buffer.alloc(1_024)]);
}

/** A pax extended header for the entry that follows it. */
export function paxOf(records: Readonly<Record<string, string>>): HandEntry {
  return { name: 'pax', type: 'x', content: Object.entries(records).map(recordOf).join('') };
}

export function recordOf([key, value]: [string, string]): string {
  const rest = ` ${key}=${value}\n`;
  let length = Buffer.byteLength(rest);
  while (String(length).length + Buffer.byteLength(rest) !== length) length++;
  return `${length}${rest}`;
}

function blocksOf({ name, type = '0', linkName = '', content = '', sizeBytes, prefix = '' }: HandEntry): Buffer[] {
  const header = Buffer.alloc(512);
  const data = Buffer.from(content);
  header.write(name, 0, 100);
  header.write('0000755\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${(sizeBytes ?? data.length).toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        ', 148);
  header.write(type, 156);
  header.write(linkName, 157, 100);
  header.write('ustar\x0000', 257);
  header.write(prefix, 345, 155);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return [header, data, Buffer.alloc((512 - (data.length % 512)) % 512)];
}
