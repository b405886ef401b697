import { createClient } from 'redis';
import type { RedisClient, ScriptOptions } from '../../src/stores/redis/options.js';

/** Stands for node-redis in one store, which can be made to look as if its process stood still. */
export interface Standstill {
  duplicate(overrides: object): RedisClient;
  /** From now on nothing is renewed and no message arrives; all other steps do. */
  standStill(): void;
  /** Resolves once it is connected, what was asked is answered, and messages sent before have arrived. */
  atRest(): Promise<void>;
}

export function createStandstill(url: string): Standstill {
  const clients = new Set<ReturnType<typeof open>>();
  const underWay = new Set<Promise<unknown>>();
  let stands = false;

  function open(overrides: object) {
    return createClient({ url, ...overrides });
  }

  function duplicate(overrides: object): RedisClient {
    const client = open(overrides);
    clients.add(client);
    function during<T>(work: Promise<T>): Promise<T> {
      underWay.add(work);
      const over = () => underWay.delete(work);
      work.then(over, over);
      return work;
    }
    function step(run: () => Promise<unknown>, { arguments: [name] }: ScriptOptions): Promise<unknown> {
      if (stands && (name === 'renew' || name === 'watch')) return Promise.reject(new Error('stands still'));
      return during(run());
    }
    return {
      get isOpen() {
        return client.isOpen;
      },
      get isReady() {
        return client.isReady;
      },
      on: (event: 'error' | 'ready', listener: (error: unknown) => void) => client.on(event, listener),
      connect: () => during(client.connect()),
      destroy() {
        clients.delete(client);
        client.destroy();
      },
      evalSha: (sha, options) => step(() => client.evalSha(sha, options), options),
      eval: (script, options) => step(() => client.eval(script, options), options),
      subscribe: (channel, listener) =>
        during(client.subscribe(channel, (message) => (stands ? undefined : listener(message)))),
    };
  }

  return {
    duplicate,
    standStill() {
      stands = true;
    },
    async atRest() {
      while (underWay.size > 0) await Promise.allSettled(underWay);
      if (stands) return;
      for (const client of clients) if (client.isReady) await client.ping().catch(() => undefined);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
