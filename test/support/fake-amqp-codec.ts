import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { methodNumber, type Frame } from './amqp-frames.js';

/** The client library's own tables: it is not among what its package exports. */
interface Definitions {
  encodeMethod(id: number, channel: number, fields: object): Buffer;
  encodeProperties(classId: number, channel: number, bodyBytes: number, fields: object): Buffer;
  decode(id: number, bytes: Buffer): Record<string, unknown>;
}

const require = createRequire(import.meta.url);
const definitions = require(join(dirname(require.resolve('amqplib')), 'lib', 'defs.js')) as Definitions;

export interface Content {
  readonly properties?: object;
  readonly body: string | Buffer;
}

/** The frames of a method, with its content if it has any. */
export function encode(channel: number, method: string, fields: object = {}, content?: Content): Buffer {
  const frame = definitions.encodeMethod(methodNumber(method), channel, fields);
  if (!content) return frame;
  const body = Buffer.from(content.body);
  const header = definitions.encodeProperties(60, channel, body.length, content.properties ?? {});
  return Buffer.concat([frame, header, frameOf(3, channel, body)]);
}

/** A frame of a type (1: method, 2: content header, 3: body, 8: heartbeat), whatever is in it. */
export function frameOf(type: number, channel: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(7);
  head.writeUInt8(type, 0);
  head.writeUInt16BE(channel, 1);
  head.writeUInt32BE(payload.length, 3);
  return Buffer.concat([head, payload, Buffer.from([0xce])]);
}

export function channelOf({ bytes }: Frame): number {
  return bytes.readUInt16BE(1);
}

/** What a frame says that begins a method. */
export function fieldsOf({ bytes }: Frame): Record<string, unknown> {
  return definitions.decode(bytes.readUInt32BE(7), bytes.subarray(11, -1));
}

/** What a frame says that is a content header. */
export function propertiesOf({ bytes }: Frame): Record<string, unknown> {
  return definitions.decode(60, bytes.subarray(7 + 12, -1));
}

export function bodyOf({ bytes }: Frame): Buffer {
  return bytes.subarray(7, -1);
}
