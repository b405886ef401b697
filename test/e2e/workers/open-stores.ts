import type { Logger, ServerOptions } from '../../../src/index.js';
import { createRedisIdempotencyStore, createRedisLockProvider } from '../../../src/stores/redis/index.js';
import type { RedisPlace } from './start-worker.js';

/** Locks and answers that workers of several processes share. */
export function openStores(
  place: RedisPlace,
  log?: Logger,
): Required<Pick<ServerOptions, 'locks' | 'idempotency' | 'fingerprintKey'>> {
  const options = { ...place, ...(log && { log }) };
  return {
    locks: createRedisLockProvider(options),
    idempotency: createRedisIdempotencyStore(options),
    fingerprintKey: 'the same for all',
  };
}
