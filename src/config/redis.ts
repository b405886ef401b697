import { camelled } from './camel.js';
import type { FileContent, FileVirtualHost } from './schema.js';
import type { RedisSettings } from './settings.js';

/** The Redis of a virtual host: its own, else the file's. Each part is taken as a whole. */
export function redisOf(
  file: Pick<FileContent, 'redis' | 'idempotency'>,
  own: FileVirtualHost,
): RedisSettings | undefined {
  const redis = own.redis === undefined ? file.redis : own.redis;
  const fingerprintKey = (own.idempotency ?? file.idempotency)?.fingerprint_key;
  if (!redis) return undefined;
  return { namespace: 'samovar', ...camelled(redis), ...(fingerprintKey !== undefined && { fingerprintKey }) };
}

/** Host and port, user and database, without the password. */
export function redisPlace({ url, namespace }: Pick<RedisSettings, 'url' | 'namespace'>): string {
  const { protocol, username, host, pathname } = new URL(url);
  const user = username === '' ? '' : `${username}@`;
  return `${protocol}//${user}${host}${pathname.replace(/\/$/, '')}, namespace ${namespace}`;
}
