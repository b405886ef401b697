import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto';

// The Fernet specification (github.com/fernet/spec), version 0x80: version, time, IV, AES-128-CBC of the value, HMAC-SHA256.

const version = 0x80;
const ivAt = 9;
const valueAt = 25;
const macBytes = 32;
const blockBytes = 16;
/** How far a token may come from the future, where its age counts: as Python's `cryptography`. */
const maxSkewSeconds = 60;

/** Longer texts are no tokens: they are refused before anything is made of them. */
export const maxTokenLength = 262_144;

export interface FernetKey {
  readonly signing: Buffer;
  readonly encryption: Buffer;
}

/** The key that a text of 32 bytes as base64url is; undefined for any other text. */
export function readKey(text: string): FernetKey | undefined {
  if (!/^[\w-]{43}=?$/.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  return { signing: bytes.subarray(0, 16), encryption: bytes.subarray(16) };
}

/** A text that has the form of a token. Whether it is one, only its key can tell. */
export interface TokenForm {
  /** Since 1970. */
  readonly seconds: bigint;
  readonly bytes: Buffer;
}

/** Strict base64url, padded in full or not at all; undefined for what is no token in any key. */
export function readToken(text: string): TokenForm | undefined {
  if (text.length > maxTokenLength) return undefined;
  const [, digits, padding] = /^([\w-]+)(={0,2})$/.exec(text) ?? [];
  if (digits === undefined || (padding !== '' && text.length % 4 !== 0)) return undefined;
  // Bits that nothing was made of would give one token several texts.
  const rest = digits.length % 4;
  const tail = digits.slice(digits.length - rest);
  if (rest === 1 || Buffer.from(tail, 'base64url').toString('base64url') !== tail) return undefined;
  const bytes = Buffer.from(digits, 'base64url');
  const valueBytes = bytes.length - valueAt - macBytes;
  if (bytes[0] !== version || valueBytes < blockBytes || valueBytes % blockBytes !== 0) return undefined;
  return { seconds: bytes.readBigUInt64BE(1), bytes };
}

/** Whether a token is `ttlSeconds` old at most, and not from the future. */
export function isFresh({ seconds }: TokenForm, ttlSeconds: number, nowSeconds: number): boolean {
  return Number(seconds) + ttlSeconds >= nowSeconds && Number(seconds) <= nowSeconds + maxSkewSeconds;
}

/** What was encrypted with `key`; undefined if that was another key, or the token was changed. */
export function openToken({ bytes }: TokenForm, key: FernetKey): Buffer | undefined {
  const signed = bytes.subarray(0, bytes.length - macBytes);
  const mac = createHmac('sha256', key.signing).update(signed).digest();
  if (!timingSafeEqual(mac, bytes.subarray(signed.length))) return undefined;
  const decipher = createDecipheriv('aes-128-cbc', key.encryption, signed.subarray(ivAt, valueAt));
  try {
    return Buffer.concat([decipher.update(signed.subarray(valueAt)), decipher.final()]);
  } catch {
    // Padding that is none. Only who has the key gets here: nothing is told to anybody else.
    return undefined;
  }
}

/** `iv`: 16 bytes that nobody can predict. */
export function makeToken(
  value: Uint8Array,
  key: FernetKey,
  { seconds, iv }: { readonly seconds: bigint; readonly iv: Uint8Array },
): string {
  const cipher = createCipheriv('aes-128-cbc', key.encryption, iv);
  const head = Buffer.alloc(ivAt, version);
  head.writeBigUInt64BE(seconds, 1);
  const signed = Buffer.concat([head, iv, cipher.update(value), cipher.final()]);
  const mac = createHmac('sha256', key.signing).update(signed).digest();
  const token = Buffer.concat([signed, mac]).toString('base64url');
  // As every other implementation writes it.
  return token.padEnd(Math.ceil(token.length / 4) * 4, '=');
}
