import { UsageError } from './failure.js';

/** The text of `bytes`. @throws UsageError where they are no UTF-8: to replace some of a request or secret would change it. */
export function utf8Of(bytes: Uint8Array, from: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new UsageError(`expected ${from} to be UTF-8, got other bytes`, { cause: error });
  }
}
