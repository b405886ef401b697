export { createRedisIdempotencyStore, type RedisIdempotencyOptions } from './idempotency.js';
export { createRedisLockProvider, type RedisLockOptions } from './lock.js';
export type { RedisClientSource, RedisStoreOptions } from './options.js';
