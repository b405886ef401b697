import { hkdfSync } from 'node:crypto';
import { systemClock, type Clock } from '../core/clock.js';
import { systemSecureBytes, type SecureBytes } from '../core/random.js';
import { isFresh, makeToken, maxTokenLength, openToken, readKey, readToken, type FernetKey } from './fernet.js';

/** Why a token cannot be opened is told to nobody: a wrong key, a changed token, its age or its form. */
export class InvalidToken extends Error {
  override readonly name = 'InvalidToken';

  constructor() {
    super('expected a Fernet token that one of the keys opens');
  }
}

/** Fernet keys: the first one encrypts, all decrypt. */
export interface Keyring {
  /** A token of `text`. @throws RangeError for a text that is too long or is no Unicode. */
  encrypt(text: string): string;
  /** What `token` says; undefined if no key opens it. */
  open(token: string): string | undefined;
  /** `ttlSeconds`: how old it may be; by default as old as it is. @throws InvalidToken */
  decrypt(token: string, options?: { readonly ttlSeconds?: number }): string;
  /** The same, encrypted with the first key. Its time is kept, and with it its age. @throws InvalidToken */
  rotate(token: string): string;
}

export interface KeyringParts {
  readonly clock?: Pick<Clock, 'now'>;
  readonly secureBytes?: SecureBytes;
  /** What the keys are called where they are set; error messages name it. */
  readonly setting?: string;
}

/** @throws TypeError naming the setting, and never a key. */
export function createKeyring(keys: readonly string[], parts: KeyringParts = {}): Keyring {
  const { clock = systemClock, secureBytes = systemSecureBytes, setting = 'fernetKeys' } = parts;
  const ring = keys.map((key, index) => checkedKey(key, `${setting}[${index}]`));
  const [first] = ring;
  if (!first) throw new TypeError(`expected at least one key in ${setting}, got none; make one: samovar keys generate`);
  const nowSeconds = (): number => Math.floor(clock.now() / 1_000);

  function make(value: Uint8Array, seconds: bigint): string {
    return makeToken(value, first as FernetKey, { seconds, iv: secureBytes(16) });
  }

  function opened(token: string, ttlSeconds?: number): { readonly value: Buffer; readonly seconds: bigint } {
    const form = readToken(token);
    if (!form || (ttlSeconds !== undefined && !isFresh(form, ttlSeconds, nowSeconds()))) throw new InvalidToken();
    for (const key of ring) {
      const value = openToken(form, key);
      if (value) return { value, seconds: form.seconds };
    }
    throw new InvalidToken();
  }

  const keyring: Keyring = {
    encrypt(text) {
      const value = Buffer.from(text, 'utf8');
      // A lone surrogate has no form in UTF-8: another text would arrive.
      if (value.length !== text.length && value.toString('utf8') !== text) {
        throw new RangeError('expected a secret of Unicode text, got half a surrogate pair');
      }
      const token = value.length < maxTokenLength ? make(value, BigInt(nowSeconds())) : '';
      if (token === '' || token.length > maxTokenLength) {
        throw new RangeError(`expected a secret whose token has at most ${maxTokenLength} characters`);
      }
      return token;
    },
    open(token) {
      try {
        return keyring.decrypt(token);
      } catch (error) {
        if (error instanceof InvalidToken) return undefined;
        throw error;
      }
    },
    decrypt: (token, { ttlSeconds } = {}) => textOf(opened(token, ttlSeconds).value),
    rotate(token) {
      const { value, seconds } = opened(token);
      return make(value, seconds);
    },
  };
  return keyring;
}

/** A new key, as text. */
export function generateKey(secureBytes: SecureBytes = systemSecureBytes): string {
  return `${Buffer.from(secureBytes(32)).toString('base64url')}=`;
}

/**
 * Keys for the fingerprints of requests, one of each key of the ring, so that a fingerprint is known for as long as the
 * key that it was made with: HKDF (RFC 5869) with SHA-256, no salt, and this label.
 */
export function fingerprintKeysOf(keys: readonly string[]): string[] {
  return keys.map((key) => {
    const derived = hkdfSync('sha256', Buffer.from(key, 'base64url'), '', 'samovar fingerprint key', 32);
    return Buffer.from(derived).toString('base64url');
  });
}

function checkedKey(text: unknown, setting: string): FernetKey {
  const key = typeof text === 'string' ? readKey(text) : undefined;
  if (key) return key;
  const got = typeof text === 'string' ? `a text of ${text.length} characters that is none` : `a ${typeof text}`;
  throw new TypeError(
    `expected ${setting} to be a Fernet key: 32 bytes as base64url, as samovar keys generate prints; got ${got}`,
  );
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws InvalidToken for bytes that are no text: nothing of ours encrypts such. */
function textOf(value: Uint8Array): string {
  try {
    return utf8.decode(value);
  } catch {
    throw new InvalidToken();
  }
}
