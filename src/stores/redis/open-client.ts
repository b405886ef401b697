import { createClient } from 'redis';
import type { RedisClient, RedisClientSource, RedisStoreOptions } from './options.js';

/** Makes clients that hold nothing back while they are not connected, and answer in plain text. */
export function clientOpener({ url, client }: RedisStoreOptions): () => RedisClient {
  if ((url === undefined) === (client === undefined)) {
    throw new TypeError(`expected either \`url\` or \`client\`, got ${url === undefined ? 'neither' : 'both'}`);
  }
  // A command that waits in a client for a connection would run long after its step has failed.
  const settings = { disableOfflineQueue: true, commandOptions: {} };
  if (client) return () => copyOf(client, settings);
  const checked = checkedUrl(url ?? '');
  return () => createClient({ ...settings, url: checked });
}

function copyOf(client: RedisClientSource, settings: object): RedisClient {
  const copy = client.duplicate(settings);
  if (typeof copy === 'object' && copy && 'evalSha' in copy) return copy as RedisClient;
  throw new TypeError('expected `client` to be a client or cluster of node-redis, got something else');
}

/** Its error leaves the URL out, and passes no cause on: both would show the password. */
function checkedUrl(url: string): string {
  if (!URL.canParse(url)) throw new TypeError('expected `url` to be a Redis URL, got one that cannot be parsed');
  const { protocol } = new URL(url);
  if (protocol === 'redis:' || protocol === 'rediss:') return url;
  throw new TypeError(`expected \`url\` to start with redis: or rediss:, got ${protocol}`);
}
