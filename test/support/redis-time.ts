import type { RedisClientType } from 'redis';

/**
 * Lets time pass in what the stores have written below `prefix`: leases and lifetimes end `ms` earlier. It stands in
 * for a Redis whose clock a test could move.
 */
export async function passRedisTime(redis: RedisClientType, prefix: string, ms: number): Promise<void> {
  await redis.eval(script, { keys: [`${prefix}lock:leases`], arguments: [prefix, String(ms)] });
}

const script = `
local prefix, ms = ARGV[1], tonumber(ARGV[2])
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do redis.call('ZINCRBY', KEYS[1], -ms, id) end
for _, key in ipairs(redis.call('KEYS', prefix .. 'claim:*')) do
  if redis.call('HGET', key, 'state') == 'running' then redis.call('HINCRBY', key, 'untilMs', -ms) end
  redis.call('PEXPIRE', key, redis.call('PTTL', key) - ms)
end
`;
