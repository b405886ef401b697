import { hkdfSync } from 'node:crypto';
import { camelled } from './camel.js';
import type { FileContent, FileVirtualHost } from './schema.js';
import type { RedisSettings } from './settings.js';

/** The Redis of a virtual host: its own, else the file's. Each part is taken as a whole. */
export function redisOf(
  file: Pick<FileContent, 'redis' | 'idempotency'>,
  own: FileVirtualHost,
  fernetKeys: readonly string[],
): RedisSettings | undefined {
  const redis = own.redis === undefined ? file.redis : own.redis;
  const fingerprintKey = (own.idempotency ?? file.idempotency)?.fingerprint_key ?? derivedKey(fernetKeys);
  // That one is missing has been told as a problem of the file.
  if (!redis || fingerprintKey === undefined) return undefined;
  return { namespace: 'samovar', ...camelled(redis), fingerprintKey };
}

/** Host and port, user and database, without the password. */
export function redisPlace({ url, namespace }: Pick<RedisSettings, 'url' | 'namespace'>): string {
  const { protocol, username, host, pathname } = new URL(url);
  const user = username === '' ? '' : `${username}@`;
  return `${protocol}//${user}${host}${pathname.replace(/\/$/, '')}, namespace ${namespace}`;
}

/**
 * Of the oldest key of the ring, so that a new one in front of it changes nothing: HKDF (RFC 5869) with SHA-256, no
 * salt, and this label.
 */
function derivedKey(fernetKeys: readonly string[]): string | undefined {
  const oldest = fernetKeys.at(-1);
  if (oldest === undefined) return undefined;
  const derived = hkdfSync('sha256', Buffer.from(oldest, 'base64url'), '', 'samovar fingerprint key', 32);
  return Buffer.from(derived).toString('base64url');
}
