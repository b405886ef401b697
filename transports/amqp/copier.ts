import { TransportError } from '../../src/core/transport.js';
import type { Copied } from './copy-properties.js';
import { copyProperties } from './copy-properties.js';
import type { Link } from './link.js';
import { addressExchange, ladder, quarantineQueue, retryQueue, type Rung } from './names.js';
import type { AmqpSettings } from './options.js';
import type { Sender } from './sender.js';
import type { Topology } from './topology.js';

/** Publishes copies of deliveries to where they wait. Each resolves once the broker has the copy. */
export interface Copier {
  /** To the rung of the ladder that waits at least so long, or the longest. */
  later(address: string, afterMs: number, copied: Copied): Promise<void>;
  /** To the end of the address's own queue. */
  toTheEnd(address: string, copied: Copied): Promise<void>;
  quarantine(address: string, copied: Copied): Promise<void>;
}

export function createCopier(parts: {
  readonly settings: AmqpSettings;
  readonly sender: Sender;
  readonly topology: Topology;
  /** Where copies are published. */
  readonly link: () => Promise<Link>;
}): Copier {
  const { settings, sender, topology } = parts;
  const declared = new WeakMap<Link, Set<string>>();

  async function post(address: string, queue: string, copied: Copied): Promise<void> {
    try {
      await postWith('all', address, queue, copied);
    } catch (error) {
      // With a cause it was refused here, by the client library: what it can read is more than what it can write.
      if (!(error instanceof TransportError && error.code === 'rejected' && error.cause !== undefined)) throw error;
      await postWith('plain', address, queue, copied);
    }
  }

  async function postWith(keep: 'all' | 'plain', address: string, queue: string, copied: Copied): Promise<void> {
    await sender.post({
      kind: 'copy',
      exchange: addressExchange(address),
      routingKey: queue,
      content: copied.raw.content,
      signal: copied.signal,
      properties: ({ account }) => ({
        ...copyProperties(copied, { app: settings.app, account }, { keep, newId: () => settings.random.uuid() }),
        mandatory: true,
      }),
    });
  }

  async function ensure(address: string, queue: string, declare: (link: Link) => Promise<void>): Promise<() => void> {
    const link = await parts.link();
    const known = declared.get(link) ?? new Set();
    declared.set(link, known);
    if (!known.has(queue)) {
      // An exchange that is made anew here would drop what comes back down the ladder.
      await topology.copyRoute(link, address);
      await declare(link);
    }
    known.add(queue);
    return () => known.delete(queue);
  }

  /** A queue that was deleted meanwhile is declared again at the next try. */
  async function postTo(
    address: string,
    queue: string,
    copied: Copied,
    declare: (link: Link) => Promise<void>,
  ): Promise<void> {
    const forget = await ensure(address, queue, declare);
    copied.signal?.throwIfAborted();
    try {
      await post(address, queue, copied);
    } catch (error) {
      forget();
      throw error;
    }
  }

  return {
    async later(address, afterMs, copied) {
      const rung = rungFor(afterMs);
      const early = afterMs > rung.ms ? { notBeforeMs: settings.clock.now() + afterMs } : {};
      await postTo(address, retryQueue(address, rung), { ...copied, ...early }, (link) =>
        topology.retryQueue(link, address, rung),
      );
    },
    toTheEnd: (address, copied) => postTo(address, address, copied, () => Promise.resolve()),
    quarantine: (address, copied) =>
      postTo(address, quarantineQueue(address), copied, (link) => topology.quarantine(link, address)),
  };
}

export function rungFor(afterMs: number): Rung {
  return ladder.find((rung) => afterMs <= rung.ms) ?? ladder[2];
}
