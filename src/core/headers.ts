/** Header names that other programs rely on. The deadline and the group travel as fields of the message. */
export const keyHeader = 'samovar-idempotency-key';
export const ancestorsHeader = 'samovar-ancestors';
/** `1`: the caller reads replies whose secrets are encrypted. */
export const secretsHeader = 'samovar-secrets';
/** Which contract of the action the caller knows: see `contractFingerprint`. */
export const contractHeader = 'samovar-contract';
/** A question about another request instead of one to run. */
export const askHeader = 'samovar-ask';
/** The deadline of the request that is asked about, in epoch milliseconds. */
export const askedDeadlineHeader = 'samovar-asked-deadline';

/** How many requests may wait for each other in a chain. */
const maxAncestors = 16;

export function encodeAncestors(ids: readonly string[]): string {
  return ids.slice(-maxAncestors).map(encodeURIComponent).join(',');
}

const none: readonly string[] = [];

/** The message ids in the header; an unreadable header is none. */
export function parseAncestors(header: string | undefined): readonly string[] {
  if (header === undefined || header === '') return none;
  try {
    return header.split(',', maxAncestors).map(decodeURIComponent);
  } catch {
    return none;
  }
}

/** 1 to 255 printable ASCII characters: what every store and broker takes. */
export function isLegalKey(key: string): boolean {
  return /^[\x20-\x7e]{1,255}$/.test(key);
}
