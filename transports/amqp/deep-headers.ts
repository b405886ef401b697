import type { ChannelModel } from 'amqplib';

/** More than any sender means; amqplib and what follows read tables by calls that nest as deep as these do. */
const deepestLevel = 64;
/** A smaller one can be deep, but never too deep for what reads it. */
const smallestSuspect = 512;
const headerFrame = 2;
/** Type, channel and size come before a payload, an end mark behind it. */
const beforePayload = 7;
const aroundPayload = 8;
/** Class, weight and body size come before the flags of a content header. */
const flagsAt = 12;
const flags = { contentType: 1 << 15, contentEncoding: 1 << 14, headers: 1 << 13 };

interface Receiving {
  rest: Buffer;
  recvFrame(): unknown;
}

/**
 * Makes a connection of amqplib 2.x read a message whose headers are nested too deep, or are none, as one without
 * headers: its decoder would overflow the stack, which ends the connection, gives the message back, and so for ever.
 * Does nothing where amqplib is not as we know it.
 */
export function dropDeepHeaders({ connection }: ChannelModel, onDropped: () => void): void {
  if (!isReceiving(connection)) return;
  const receiving = connection;
  const recvFrame = receiving.recvFrame.bind(receiving);
  // It calls itself by this name after each read, so that each frame is seen here once it is complete.
  receiving.recvFrame = () => {
    const { rest } = receiving;
    if (rest.length > aroundPayload && rest[0] === headerFrame) {
      const size = rest.readUInt32BE(3);
      if (size > smallestSuspect && rest.length >= size + aroundPayload) {
        const shallow = withoutDeepHeaders(rest.subarray(beforePayload, beforePayload + size));
        if (shallow) {
          onDropped();
          const start = Buffer.from(rest.subarray(0, beforePayload));
          start.writeUInt32BE(shallow.length, 3);
          receiving.rest = Buffer.concat([start, shallow, rest.subarray(beforePayload + size)]);
        }
      }
    }
    return recvFrame();
  };
}

function isReceiving(connection: object): connection is Receiving {
  return (
    'recvFrame' in connection &&
    typeof connection.recvFrame === 'function' &&
    'rest' in connection &&
    Buffer.isBuffer(connection.rest)
  );
}

/** The payload of a content header with no headers in it; undefined where those it has can be read. */
export function withoutDeepHeaders(payload: Buffer): Buffer | undefined {
  const present = payload.readUInt16BE(flagsAt);
  if ((present & flags.headers) === 0) return undefined;
  let start = flagsAt + 2;
  for (const flag of [flags.contentType, flags.contentEncoding]) {
    if ((present & flag) !== 0) start += 1 + (payload[start] ?? 0);
  }
  if (start + 4 > payload.length) return undefined;
  const end = start + 4 + payload.readUInt32BE(start);
  if (end > payload.length || isReadable(payload, start + 4, end)) return undefined;
  return Buffer.concat([payload.subarray(0, start), Buffer.alloc(4), payload.subarray(end)]);
}

/** Bytes of the values that have one length, by their type's letter; what is not here and not below is no type. */
const fixedBytes: Readonly<Record<string, number>> =
  // prettier-ignore
  { V: 0, t: 1, b: 1, B: 1, s: 2, u: 2, I: 4, i: 4, f: 4, D: 5, d: 8, l: 8, T: 8 };

/** Goes through a table once, without calling itself. */
function isReadable(bytes: Buffer, start: number, end: number): boolean {
  const open = [{ end, isTable: true }];
  let at = start;
  for (let inner = open.at(-1); inner; inner = open.at(-1)) {
    if (at >= inner.end) {
      if (at > inner.end) return false;
      open.pop();
      continue;
    }
    if (inner.isTable) at += 1 + (bytes[at] ?? 0);
    const type = String.fromCharCode(bytes[at] ?? 0);
    at += 1;
    const fixed = fixedBytes[type];
    if (fixed !== undefined) at += fixed;
    else if (!'FASx'.includes(type) || at + 4 > inner.end) return false;
    else {
      const length = bytes.readUInt32BE(at);
      at += 4;
      if (at + length > inner.end) return false;
      if (type === 'S' || type === 'x') at += length;
      else if (open.length >= deepestLevel) return false;
      else open.push({ end: at + length, isTable: type === 'F' });
    }
  }
  return true;
}
