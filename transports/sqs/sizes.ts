import { TransportError, type Message } from '../../src/core/transport.js';
import type { SendEntry } from './api.js';

/** What SQS takes: of one message, and of a batch together. */
export const maxMessageBytes = 1024 * 1024;

/** As SQS counts them: the body, and of each attribute its name, its type and its value, in UTF-8. */
export function bytesOfEntry({ body, attributes }: SendEntry): number {
  let bytes = Buffer.byteLength(body);
  for (const name of Object.keys(attributes)) {
    bytes += Buffer.byteLength(name) + 'String'.length + Buffer.byteLength(attributes[name] ?? '');
  }
  return bytes;
}

/** Whether a body is longer than `most` bytes; most are so short that they need not be counted. */
export function isLonger(body: string, most: number): boolean {
  // No character takes more than three bytes.
  return body.length * 3 > most && Buffer.byteLength(body) > most;
}

/** @throws TransportError `too_large` */
export function checkBody({ body }: Message, maxBodyBytes: number): void {
  if (!isLonger(body, maxBodyBytes)) return;
  throw tooLarge(`a body of at most ${maxBodyBytes} bytes, got ${Buffer.byteLength(body)}`);
}

/** @throws TransportError `too_large`: what the body leaves to attributes is not enough. */
export function checkEntry(bytes: number): void {
  if (bytes <= maxMessageBytes) return;
  throw tooLarge(`a message of at most ${maxMessageBytes} bytes, escapes and headers included, got ${bytes}`);
}

function tooLarge(what: string): TransportError {
  return new TransportError('too_large', `expected ${what}`, { sent: 'no' });
}
