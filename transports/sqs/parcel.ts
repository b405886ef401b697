import type { Message, SendOptions } from '../../src/core/transport.js';
import type { SendEntry } from './api.js';
import { notSent } from './errors.js';
import { legalAddress, type Names } from './names.js';
import { bytesOfEntry, checkBody, checkEntry } from './sizes.js';
import { encode } from './wire.js';

/** A message as it is sent: encoded at once, since it is what it was at that moment. */
export interface Parcel {
  readonly queue: string;
  /** As its sender calls it, for messages to people. */
  readonly address: string;
  readonly entry: SendEntry;
  readonly bytes: number;
  readonly expiresAt: number | undefined;
  readonly signal: AbortSignal | undefined;
  /** Bounded in number; replies are as few as the requests that are answered. */
  readonly isRequest: boolean;
}

/** @throws TransportError `too_large`, or `unroutable` for an address that no queue can have. */
export function parcelOf(
  address: string,
  message: Message,
  { signal }: SendOptions,
  { names, maxBodyBytes }: { readonly names: Names; readonly maxBodyBytes: number },
): Parcel {
  checkBody(message, maxBodyBytes);
  const isRequest = !names.isInbox(address);
  const queue = isRequest ? names.queue(address) : address;
  if (queue === undefined) {
    throw notSent('unroutable', `expected an address of ${legalAddress}, got ${JSON.stringify(address)}`);
  }
  const entry = encode(message, isRequest ? address : undefined);
  const bytes = bytesOfEntry(entry);
  checkEntry(bytes);
  return { queue, address, entry, bytes, expiresAt: message.expiresAt, signal, isRequest };
}
