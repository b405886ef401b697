import { redisPlace } from '../config/redis.js';
import type { RedisSettings, VirtualHost } from '../config/settings.js';
import type { Clock } from '../core/clock.js';
import type { Logger } from '../core/log.js';
import type { Random } from '../core/random.js';
import {
  createMemoryIdempotencyStore,
  createMemoryLockProvider,
  type IdempotencyStore,
  type LockProvider,
} from '../index.js';
import { importPeer } from './import-peer.js';
import { watchRedis } from './watch-redis.js';

/** What keeps the requests of a virtual host apart and remembers their answers. */
export interface Stores {
  readonly locks: LockProvider;
  readonly idempotency: IdempotencyStore;
  readonly fingerprintKey?: string;
  /** Why somebody should look at them; undefined when all is well. */
  problem(): string | undefined;
}

/** The stores of a process. */
export interface OpenStores {
  of(virtualHost: Pick<VirtualHost, 'name'>): Stores;
  close(): Promise<void>;
}

export interface OpenStoresParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** False: stand-ins within this process, for a look at a configuration. True by default. */
  readonly connects?: boolean;
}

interface SharedStores extends Omit<Stores, 'fingerprintKey'> {
  close(): Promise<void>;
}

/**
 * Virtual hosts with one Redis and namespace share its locks, those without Redis the locks of the process: they share a
 * machine and its resources. Each has answers of its own. Generated replies are nothing to share.
 * @throws ConfigurationError if the client of Redis is not installed.
 */
export async function openStores(virtualHosts: readonly VirtualHost[], parts: OpenStoresParts): Promise<OpenStores> {
  const { clock, connects = true } = parts;
  const locks = createMemoryLockProvider({ clock });
  const opened = new Map<string, SharedStores>();
  const stores = new Map<string, Stores>();
  const closing = [() => locks.close()];

  for (const { name, redis, mock } of virtualHosts) {
    if (!redis || mock) stores.set(name, inProcess(false));
    else if (!connects) {
      await importRedis();
      stores.set(name, { ...inProcess(true), ...fingerprintKeyOf(redis) });
    } else {
      const which = JSON.stringify([redis.url, redis.namespace, redis.commandTimeoutMs]);
      const shared = opened.get(which) ?? (await inRedis(redis));
      opened.set(which, shared);
      const idempotency = partOf(shared.idempotency, name);
      stores.set(name, { ...shared, idempotency, ...fingerprintKeyOf(redis) });
    }
  }

  function inProcess(durable: boolean): Stores {
    const idempotency = createMemoryIdempotencyStore({ clock });
    closing.push(() => idempotency.close());
    return { locks, idempotency: { ...idempotency, durable }, problem: () => undefined };
  }

  async function inRedis(settings: RedisSettings): Promise<SharedStores> {
    const shared = await openRedis(settings, parts);
    closing.push(() => shared.close());
    return shared;
  }

  return {
    of({ name }) {
      const found = stores.get(name);
      if (!found) throw new TypeError(`expected a virtual host that stores were opened for, got ${name}`);
      return found;
    },
    async close() {
      await Promise.all(closing.map((close) => close()));
    },
  };
}

function fingerprintKeyOf({ fingerprintKey }: RedisSettings): Pick<Stores, 'fingerprintKey'> {
  return fingerprintKey === undefined ? {} : { fingerprintKey };
}

async function openRedis(settings: RedisSettings, { clock, random, log }: OpenStoresParts): Promise<SharedStores> {
  const { createRedisIdempotencyStore, createRedisLockProvider } = await importRedis();
  const { fingerprintKey: _, ...place } = settings;
  let lastError: unknown;
  const overheard: Logger = {
    debug: (fields, message) => log.debug(fields, message),
    // It can be reached again.
    info(fields, message) {
      lastError = undefined;
      log.info(fields, message);
    },
    warn(fields, message) {
      lastError = 'err' in fields ? fields.err : lastError;
      log.warn(fields, message);
    },
    error: (fields, message) => log.error(fields, message),
  };
  const options = { ...place, clock, random, log: overheard };
  const locks = createRedisLockProvider(options);
  const idempotency = createRedisIdempotencyStore(options);
  const watch = watchRedis({ locks, clock, random, place: redisPlace(settings), lastError: () => lastError });
  return {
    locks,
    idempotency,
    problem: () => watch.problem(),
    async close() {
      await watch.stop();
      await Promise.all([locks.close(), idempotency.close()]);
    },
  };
}

/** Two virtual hosts may have users of one name, who know nothing of each other's answers. */
function partOf(store: IdempotencyStore, virtualHost: string): IdempotencyStore {
  const { durable, remembersMs } = store;
  const within = (key: string) => JSON.stringify([virtualHost, key]);
  return {
    durable,
    ...(remembersMs === undefined ? {} : { remembersMs }),
    read: (key) => store.read(within(key)),
    claim: (key, fingerprint, owner) => store.claim(within(key), fingerprint, owner),
    // Others go on with theirs.
    close: () => Promise.resolve(),
  };
}

/** @throws ConfigurationError if the package is not installed. */
function importRedis() {
  return importPeer('redis', () => import('../stores/redis/index.js'));
}
