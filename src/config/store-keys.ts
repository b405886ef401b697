import { z } from 'zod';
import { textLike, wholeNumber } from './fields.js';

const urlExpected =
  'a URL such as redis://user:password@host:6379/0 or rediss://…, without a query, reserved characters percent-encoded';

/** Where locks and answers are kept that several workers share. */
export const redis = z
  .strictObject(
    {
      url: textLike(/^rediss?:\/\//, urlExpected)
        .refine(isRedisUrl, { error: urlExpected })
        .describe('redis://user:password@host:6379/0, or rediss:// for TLS. A secret.'),
      namespace: textLike(/^[^{}]+$/, 'text without braces')
        .optional()
        .describe('Workers with one namespace share locks and answers; samovar by default.'),
      command_timeout_ms: wholeNumber(1, 5_000)
        .optional()
        .describe('How long Redis may take for one step; 2000 by default.'),
    },
    { error: 'a mapping with url' },
  )
  .describe('Locks and answers in Redis, for all workers that share it; left out: within each worker process.');

export const idempotency = z
  .strictObject(
    {
      fingerprint_key: textLike(/^[\s\S]{16,}$/, 'text of at least 16 characters').describe(
        'Keeps requests from being guessed by what Redis holds; the same for all workers. Derived from the Fernet keys where it is left out. A secret.',
      ),
    },
    { error: 'a mapping with fingerprint_key' },
  )
  .describe('What stored answers are recognized by.');

/** Under a virtual host, where they win; nothing: no Redis. */
export const ownStoreKeys = {
  redis: redis.nullable().describe('Wins over that of the file; null: none for this virtual host.'),
  idempotency,
};

function isRedisUrl(written: string): boolean {
  if (!URL.canParse(written)) return false;
  const { hostname, port, username, password, pathname, search, hash } = new URL(written);
  if (hostname === '' || port === '0' || search !== '' || hash !== '' || !/^(\/\d*)?$/.test(pathname)) return false;
  try {
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false;
  }
}
