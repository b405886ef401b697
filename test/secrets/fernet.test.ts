import { fc, test as property } from '@fast-check/vitest';
import fernet from 'fernet';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  createKeyring,
  fingerprintKeysOf,
  generateKey,
  InvalidToken,
  type Keyring,
} from '../../src/secrets/keyring.js';
import { readToken } from '../../src/secrets/fernet.js';
import { findCryptography, type ForeignLibrary, type Missing } from '../interop/foreign-library.js';
import { startForeign } from '../interop/foreign-program.js';
import type { ScriptProcess } from '../support/process.js';
import { generated, golden, invalid, key, verified } from './vectors.js';

function ringAt(now: string | number, keys: readonly string[] = [key], iv?: readonly number[]): Keyring {
  const clock = { now: () => (typeof now === 'string' ? Date.parse(now) : now) };
  return createKeyring(keys, { clock, ...(iv && { secureBytes: () => Uint8Array.from(iv) }) });
}

const ring = createKeyring([key]);
const [newer, older] = [generateKey(), generateKey()];

describe('the vectors of the specification', () => {
  test('generate', () => {
    expect(ringAt(generated.now, [key], generated.iv).encrypt(generated.src)).toBe(generated.token);
  });

  test('verify', () => {
    expect(ringAt(verified.now).decrypt(verified.token, { ttlSeconds: verified.ttlSeconds })).toBe(verified.src);
  });

  test.each(invalid)('invalid: %s', (_description, token, now) => {
    expect(() => ringAt(now).decrypt(token, { ttlSeconds: 60 })).toThrow(InvalidToken);
  });
});

describe('a token', () => {
  property.prop([fc.string({ unit: 'binary' })])('of any text opens to that text', (text) => {
    expect(ring.decrypt(ring.encrypt(text))).toBe(text);
  });

  test('of one text is another one each time', () => {
    expect(ring.encrypt('x')).not.toBe(ring.encrypt('x'));
  });

  test('is refused with any of its characters changed', () => {
    const { token } = generated;
    const others = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/ é';
    for (let at = 0; at < token.length; at++) {
      for (const other of others) {
        if (other === token[at]) continue;
        expect(ring.open(token.slice(0, at) + other + token.slice(at + 1)), `${other} at ${at}`).toBeUndefined();
      }
    }
  });

  test('is refused with any of its bits changed', () => {
    const bytes = Buffer.from(generated.token, 'base64url');
    for (let at = 0; at < bytes.length * 8; at++) {
      const changed = Buffer.from(bytes);
      changed[at >> 3] = (changed[at >> 3] ?? 0) ^ (1 << (at & 7));
      expect(ring.open(changed.toString('base64url')), `bit ${at}`).toBeUndefined();
    }
  });

  test('is refused cut anywhere, and with its halves swapped', () => {
    const { token } = generated;
    const unpadded = token.replace(/=+$/, '');
    for (let end = 0; end < unpadded.length; end++) expect(ring.open(token.slice(0, end))).toBeUndefined();
    expect(ring.open(unpadded.slice(50) + unpadded.slice(0, 50))).toBeUndefined();
  });

  test('may leave out its padding, but not a part of it', () => {
    const { token, src } = generated;
    expect(token.endsWith('==')).toBe(true);
    expect(ring.open(token.slice(0, -2))).toBe(src);
    expect(ring.open(token.slice(0, -1))).toBeUndefined();
    expect(ring.open(`${token}=`)).toBeUndefined();
    expect(ring.open(`${token.slice(0, -2)}====`)).toBeUndefined();
  });

  test('that is no strict base64url is refused', () => {
    const { token } = generated;
    const others = [` ${token}`, `${token}\n`, `${token.slice(0, 20)} ${token.slice(20)}`, `${token}.`, `${token}junk`];
    const standard = token.replaceAll('-', '+').replaceAll('_', '/');
    expect(standard).not.toBe(token);
    for (const other of [...others, standard, '', '=', '====']) expect(ring.open(other)).toBeUndefined();
  });

  test('of any fault is refused by one error, which tells nothing', () => {
    const strange = createKeyring([generateKey()]).encrypt('x');
    const faults = [...invalid.map(([, token]) => token), strange, '', 'x', generated.token.slice(1)];
    const messages = faults.map((token) => {
      try {
        return ringAt('1985-10-26T01:25:00-07:00').decrypt(token, { ttlSeconds: 60 });
      } catch (error) {
        return `${(error as Error).name} ${(error as Error).message} ${String((error as Error).cause)}`;
      }
    });
    expect(new Set(messages).size).toBe(1);
  });

  test('that is too long is refused before anything is decoded', () => {
    // A valid one, but for its length.
    expect(() => ring.encrypt('x'.repeat(200_000))).toThrow('expected a secret whose token has at most 262144');
    const flood = Array.from({ length: 16 }, () => 'gAAA'.repeat(262_144));
    const startedMs = performance.now();
    for (const token of flood) expect(readToken(token)).toBeUndefined();
    expect(performance.now() - startedMs).toBeLessThan(50);
  });

  test('of half a surrogate pair is not made: another text would arrive', () => {
    expect(() => ring.encrypt('\ud800x')).toThrow(RangeError);
    expect(ring.decrypt(ring.encrypt('\u{1f600}�'))).toBe('\u{1f600}�');
  });

  test('of bytes that are no text is refused', () => {
    // b'\xff\xfe' by Python's cryptography.
    const token =
      'gAAAAABlU_EAjnrzCiN--CxUSpI1unbqtZMrFv0MT2FtPSur5NX2dpnmgQgyQ1LVdRC3F_U7tVIc-K5VmMihxcrXabvEEeUjCA==';
    expect(ring.open(token)).toBeUndefined();
    expect(() => ring.decrypt(token)).toThrow(InvalidToken);
  });
});

describe('the age of a token', () => {
  const made = 1_700_000_000;
  const token = ringAt(made * 1_000).encrypt('x');
  const opens = (atSeconds: number, ttlSeconds?: number) => {
    try {
      return ringAt(atSeconds * 1_000).decrypt(token, ttlSeconds === undefined ? {} : { ttlSeconds }) === 'x';
    } catch {
      return false;
    }
  };

  test.each([
    ['a ttl of 0, within its second', made, 0, true],
    ['a ttl of 0, a second later', made + 1, 0, false],
    ['the last second of its ttl', made + 60, 60, true],
    ['a second past its ttl', made + 61, 60, false],
    ['a negative ttl', made, -1, false],
    ['60 s from the future', made - 60, 60, true],
    ['61 s from the future', made - 61, 60, false],
    ['no ttl, long past', made + 1e9, undefined, true],
    ['no ttl, from the future', made - 1e6, undefined, true],
  ])('%s', (_what, at, ttlSeconds, isOpened) => {
    expect(opens(at, ttlSeconds)).toBe(isOpened);
  });
});

describe('a key ring', () => {
  const [a, b] = [createKeyring([older]), createKeyring([newer])];
  const both = createKeyring([newer, older]);

  test('encrypts with its first key, and opens with all', () => {
    expect(both.open(a.encrypt('x'))).toBe('x');
    expect(b.open(both.encrypt('x'))).toBe('x');
    expect(a.open(both.encrypt('x'))).toBeUndefined();
  });

  test('without a key does not open what that encrypted', () => {
    expect(b.open(a.encrypt('x'))).toBeUndefined();
  });

  test('may have a key twice', () => {
    expect(createKeyring([older, newer, older]).open(b.encrypt('x'))).toBe('x');
  });

  test('rotates to its first key, and keeps the time', () => {
    const old = ringAt(1_600_000_000_000, [older]).encrypt('x');
    const rotated = both.rotate(old);
    expect(b.open(rotated)).toBe('x');
    expect(a.open(rotated)).toBeUndefined();
    expect(readToken(rotated)?.seconds).toBe(1_600_000_000n);
    expect(() => b.rotate(old)).toThrow(InvalidToken);
  });

  test.each([
    ['31 bytes', Buffer.alloc(31, 0xfb).toString('base64url')],
    ['33 bytes', Buffer.alloc(33, 0xfb).toString('base64url')],
    ['standard base64', Buffer.alloc(32, 0xfb).toString('base64')],
    ['a space', ` ${key.slice(1)}`],
    ['nothing', ''],
  ])('of a wrong key is refused by its setting, and does not tell it: %s', (_what, wrong) => {
    const make = () => createKeyring([key, wrong]);
    expect(make).toThrow(/^expected fernetKeys\[1\] to be a Fernet key: 32 bytes as base64url/);
    expect(make).not.toThrow(wrong === '' ? key : wrong.trim());
  });

  test('of no key is refused', () => {
    expect(() => createKeyring([])).toThrow('expected at least one key in fernetKeys, got none');
  });

  test('takes its keys with or without padding', () => {
    expect(createKeyring([key.slice(0, -1)]).open(generated.token)).toBe('hello');
  });
});

test('each key has one for fingerprints, by HKDF of RFC 5869', () => {
  // As Python's cryptography derives it.
  const derived = '_kXpgH5ausUEqvFs8KrDAVNh75BIQcaswPxuBwecWjw';
  const [a, b] = ['a'.repeat(43), 'b'.repeat(43)];
  expect(fingerprintKeysOf([a])).toEqual([derived]);
  expect(fingerprintKeysOf([b, `${a}=`])).toEqual([expect.not.stringContaining(derived), derived]);
});

describe('npm fernet 0.3.3', () => {
  const secret = new fernet.Secret(key);

  test.each(['hello', '', 'pässwörd ☕', '{"a":1}'])('opens our tokens, and we its: %s', (text) => {
    const theirs = new fernet.Token({ secret, time: new Date(1_700_000_000_000) }).encode(text);
    expect(ring.open(theirs)).toBe(text);
    expect(new fernet.Token({ secret, token: ring.encrypt(text), ttl: 0 }).decode()).toBe(text);
  });
});

test.each(golden)("a token that Python's cryptography has made opens: %s", (token, text) => {
  expect(ring.open(token)).toBe(text);
});

describe("Python's cryptography", () => {
  let library: ForeignLibrary | Missing;
  beforeAll(async () => {
    library = await findCryptography();
  });

  async function python(keys: readonly string[], work: (ask: Ask) => Promise<void>): Promise<void> {
    const program = await startForeign(library as ForeignLibrary, 'fernet.py', { keys });
    try {
      await work((action, texts) => asked(program, action, texts));
    } finally {
      await program.kill9();
    }
  }

  test('opens our tokens, we its, and both rotate alike', async (context) => {
    if ('missing' in library) return context.skip(library.missing);
    const texts = ['', 'x', 'a password of 16', 'pässwörd ☕ 👩‍👩‍👧', '{"a":[1,null]}', 'y'.repeat(10_000)];
    const both = createKeyring([newer, older]);
    const old = createKeyring([older]);
    await python([newer, older], async (ask) => {
      expect((await ask('encrypt', texts)).map((token) => both.open(token ?? ''))).toEqual(texts);
      const tokens = texts.map((text) => both.encrypt(text));
      expect(await ask('decrypt', tokens)).toEqual(texts);
      const rotated = await ask('rotate', [ringAt(1_600_000_000_000, [older]).encrypt('x')]);
      expect(readToken(rotated[0] ?? '')?.seconds).toBe(1_600_000_000n);
      expect(old.open(rotated[0] ?? '')).toBeUndefined();
      expect(await ask('decrypt', [both.rotate(old.encrypt('x')), ring.encrypt('x')])).toEqual(['x', null]);
    });
  });
});

type Ask = (action: 'encrypt' | 'decrypt' | 'rotate', texts: readonly string[]) => Promise<(string | null)[]>;

async function asked(program: ScriptProcess, action: string, texts: readonly string[]): Promise<(string | null)[]> {
  const id = `${action}-${program.lines.length}`;
  program.writeLine(JSON.stringify({ id, do: action, texts }));
  const line = await program.waitForLine(new RegExp(`^${id} `));
  return JSON.parse(line.slice(id.length + 1)) as (string | null)[];
}
