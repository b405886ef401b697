import { startRedisContainer } from './redis-container.js';
import { startRedisProcess, type RedisProcess, type RedisProcessOptions } from './redis-process.js';

/** A real Redis that a test may use, wherever it runs. Others may use it too: take a namespace of your own. */
export interface TestRedis {
  readonly kind: 'url' | 'container' | 'process';
  readonly url: string;
  /** Ends it for good. Idempotent. */
  close(): Promise<void>;
}

/** A Redis that a test may hurt: nobody else uses it. */
export interface OwnRedis extends TestRedis, Omit<RedisProcess, 'close'> {
  readonly kind: 'process';
}

/** Redis by the first way that works: the URL in SAMOVAR_TEST_REDIS_URL, a container, a child process. */
export async function startRedis(): Promise<TestRedis> {
  const url = process.env['SAMOVAR_TEST_REDIS_URL'];
  if (url !== undefined) return { kind: 'url', url, close: () => Promise.resolve() };
  const container = await startRedisContainer().catch((error: unknown) => {
    process.stderr.write(`A Docker engine answers, but Redis did not start in a container: ${String(error)}\n`);
  });
  if (!container) return startOwnRedis();
  return {
    kind: 'container',
    url: `redis://${container.getHost()}:${container.getMappedPort(6379)}`,
    close: async () => {
      await container.stop();
    },
  };
}

/** A Redis of your own, always a child process, to kill and pause. Close it in the end; a moment to start. */
export async function startOwnRedis(options: RedisProcessOptions = {}): Promise<OwnRedis> {
  const redis = await startRedisProcess(options);
  return Object.assign(redis, { kind: 'process' as const, url: `redis://127.0.0.1:${redis.port}` });
}
