const names = {
  10: 'connection',
  20: 'channel',
  40: 'exchange',
  50: 'queue',
  60: 'basic',
  85: 'confirm',
} as Readonly<Record<number, string>>;

/** The method ids of AMQP 0-9-1 that tests name, by class and method. */
const methods: Readonly<Record<string, string>> = {
  '10/10': 'start',
  '10/11': 'start-ok',
  '10/30': 'tune',
  '10/31': 'tune-ok',
  '10/40': 'open',
  '10/41': 'open-ok',
  '10/50': 'close',
  '10/51': 'close-ok',
  '10/60': 'blocked',
  '10/61': 'unblocked',
  '20/10': 'open',
  '20/11': 'open-ok',
  '20/40': 'close',
  '20/41': 'close-ok',
  '40/10': 'declare',
  '40/11': 'declare-ok',
  '40/40': 'unbind',
  '40/51': 'unbind-ok',
  '50/10': 'declare',
  '50/11': 'declare-ok',
  '50/20': 'bind',
  '50/21': 'bind-ok',
  '50/40': 'delete',
  '50/41': 'delete-ok',
  '60/10': 'qos',
  '60/11': 'qos-ok',
  '60/20': 'consume',
  '60/21': 'consume-ok',
  '60/30': 'cancel',
  '60/31': 'cancel-ok',
  '60/40': 'publish',
  '60/50': 'return',
  '60/60': 'deliver',
  '60/71': 'get-ok',
  '60/80': 'ack',
  '60/90': 'reject',
  '60/120': 'nack',
  '85/10': 'select',
  '85/11': 'select-ok',
};
const frameTypes = new Set([1, 2, 3, 8]);
const withContent = new Set(['basic.publish', 'basic.return', 'basic.deliver', 'basic.get-ok']);

export interface Frame {
  readonly bytes: Buffer;
  /** The method that begins with this frame, such as `basic.publish`. */
  readonly begins?: string;
  /** The method that is complete with this frame: the same one, or the one whose content ends here. */
  readonly completes?: string;
}

/** Cuts one direction of an AMQP connection into frames. What is no AMQP passes as it comes. */
export function createFrameReader(): (chunk: Buffer) => Frame[] {
  let rest = Buffer.alloc(0);
  let foreign = false;
  const contents = new Map<number, { method: string; left: number }>();

  function read(chunk: Buffer): Frame[] {
    rest = Buffer.concat([rest, chunk]);
    const frames: Frame[] = [];
    for (let size = frameSize(); size > 0 && rest.length >= size; size = frameSize()) {
      frames.push(described(rest.subarray(0, size)));
      rest = rest.subarray(size);
    }
    if (foreign && rest.length > 0) {
      frames.push({ bytes: rest });
      rest = Buffer.alloc(0);
    }
    return frames;
  }

  /** 0 while it cannot be known yet. */
  function frameSize(): number {
    if (foreign || rest.length === 0) return 0;
    const isHeader = 'AMQP'.startsWith(rest.toString('latin1', 0, Math.min(4, rest.length)));
    foreign = !isHeader && !frameTypes.has(rest.readUInt8(0));
    if (foreign || rest.length < 8) return 0;
    return isHeader ? 8 : rest.readUInt32BE(3) + 8;
  }

  function described(bytes: Buffer): Frame {
    const type = bytes.readUInt8(0);
    const channel = bytes.readUInt16BE(1);
    if (type === 1) {
      const method = nameOf(bytes.readUInt16BE(7), bytes.readUInt16BE(9));
      if (!withContent.has(method)) return { bytes, begins: method, completes: method };
      contents.set(channel, { method, left: Infinity });
      return { bytes, begins: method };
    }
    const content = contents.get(channel);
    if (!content) return { bytes };
    // A content header is class, weight, and the body's size; then come body frames.
    if (type === 2) content.left = Number(bytes.readBigUInt64BE(11));
    if (type === 3) content.left -= bytes.length - 8;
    if (content.left > 0) return { bytes };
    contents.delete(channel);
    return { bytes, completes: content.method };
  }

  return read;
}

function nameOf(classId: number, methodId: number): string {
  return `${names[classId] ?? classId}.${methods[`${classId}/${methodId}`] ?? methodId}`;
}

/** Class and method id of a method by its name, such as `basic.publish`, as one number. */
export function methodNumber(name: string): number {
  const found = Object.keys(methods).find((ids) => nameOf(...idsOf(ids)) === name);
  if (found === undefined) throw new TypeError(`expected a method that is listed here, got ${name}`);
  const [classId, methodId] = idsOf(found);
  return classId * 0x10000 + methodId;
}

function idsOf(ids: string): [number, number] {
  const [classId, methodId] = ids.split('/');
  return [Number(classId), Number(methodId)];
}
