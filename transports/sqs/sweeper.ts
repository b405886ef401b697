import { SqsError } from './api.js';
import type { SqsParts } from './parts.js';
import { aliveTag } from './queues.js';

/** Says of the reply queues of this process that somebody reads them, and deletes those whose processes died. */
export interface Sweeper {
  /** There is a queue to keep alive now, or was. */
  start(): void;
  /** Idempotent. */
  stop(): void;
}

export type SweeperParts = Pick<SqsParts, 'settings' | 'api' | 'names' | 'queues' | 'counters'>;

const tagEveryMs = 5 * 60_000;
/** A sweep with every sixth tag: each half hour. */
const tagsPerSweep = 6;
const deadAfterMs = 60 * 60_000;
/**
 * A thousand callers would each ask for the tags of a thousand queues. A few at random from each are as good, and less
 * than one call a minute for each queue; where most of them turn out to be orphans, there is another round.
 */
const sampleSize = 20;
const mostRounds = 10;

export function createSweeper(parts: SweeperParts): Sweeper {
  const { settings, api, names, queues, counters } = parts;
  const { clock, log, random } = settings;
  let cancel: (() => void) | undefined;
  let ticks = 0;
  let isStopped = false;
  /** By URL, those whose tag was too old at the last sweep: what it said. */
  const suspects = new Map<string, string>();

  function next(afterMs: number): void {
    cancel = clock.after(afterMs, () => {
      void tick().finally(() => {
        if (!isStopped) next(tagEveryMs);
      });
    });
  }

  async function tick(): Promise<void> {
    for (const [name, url] of [...queues.ownInboxes]) await attempt('could not be tagged', name, () => tag(url));
    if (ticks++ % tagsPerSweep === 0) await attempt('could not be swept', names.inboxPrefix, sweep);
  }

  async function attempt(what: string, queue: string, work: () => Promise<void>): Promise<void> {
    if (isStopped) return;
    try {
      await work();
    } catch (err) {
      // Without a queue there is nothing to tag; whose inbox it was finds out by itself.
      if (err instanceof SqsError && err.kind === 'no_queue') return;
      log.warn({ err, queue }, `reply queues ${what}; trying again later`);
    }
  }

  function tag(url: string): Promise<void> {
    return api.tagQueue(url, { [aliveTag]: String(Math.floor(clock.now() / 1_000)) });
  }

  async function sweep(): Promise<void> {
    const own = new Set(queues.ownInboxes.values());
    for (const url of [...suspects.keys()]) await sweepOne(url);
    const others = (await api.listQueues(names.inboxPrefix)).filter(
      (url) => !own.has(url) && !suspects.has(url) && names.isInbox(url.slice(url.lastIndexOf('/') + 1)),
    );
    for (let round = 0; round < mostRounds && others.length > 0 && !isStopped; round += 1) {
      const sample = Array.from({ length: Math.min(sampleSize, others.length) }, () => takeOne(others));
      let dead = 0;
      for (const url of sample) if (await sweepOne(url)) dead += 1;
      if (dead * 2 < sample.length) return;
    }
  }

  function takeOne(urls: string[]): string {
    const [url = ''] = urls.splice(Math.floor(random.unit() * urls.length), 1);
    return url;
  }

  /**
   * Whether it looks dead: deleted at the second look, since its clock and ours may be hours apart, and one that lives is
   * tagged anew meanwhile. One without our tag is nobody's that we know, and stays.
   */
  async function sweepOne(url: string): Promise<boolean> {
    if (isStopped) return false;
    const before = suspects.get(url);
    suspects.delete(url);
    try {
      const seconds = (await api.queueTags(url))[aliveTag] ?? '';
      if (!/^\d{1,12}$/.test(seconds) || clock.now() - Number(seconds) * 1_000 <= deadAfterMs) return false;
      if (before === undefined) suspects.set(url, seconds);
      if (before !== seconds) return before === undefined;
      await api.deleteQueue(url);
    } catch (error) {
      // Somebody else was faster.
      if (error instanceof SqsError && error.kind === 'no_queue') return true;
      throw error;
    }
    counters.add('inboxes_swept');
    log.info({ queue: url }, 'the reply queue of a process that died was deleted');
    return true;
  }

  return {
    start() {
      // At random, so that what was started together does not sweep together.
      if (!cancel && !isStopped) next(Math.ceil(random.unit() * tagEveryMs));
    },
    stop() {
      isStopped = true;
      cancel?.();
    },
  };
}
