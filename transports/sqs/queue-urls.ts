import type { SqsApi } from './api.js';
import type { SqsSettings } from './options.js';

/** The URLs of queues by their names: each is looked for by one call at a time, and found again without one. */
export interface QueueUrls {
  /** Undefined where there is no such queue. @throws SqsError */
  find(name: string): Promise<string | undefined>;
  /** As far as it is known without asking. */
  known(name: string): string | undefined;
  add(name: string, url: string): void;
  forget(name: string): void;
}

const mostKnown = 10_000;
/** So long nobody asks again: a burst of sends to a wrong address is one question. */
const missingMs = 1_000;

export function createQueueUrls({ clock }: Pick<SqsSettings, 'clock'>, api: Pick<SqsApi, 'queueUrl'>): QueueUrls {
  const urls = new Map<string, string>();
  const missing = new Map<string, number>();
  const looking = new Map<string, Promise<string | undefined>>();

  function add(name: string, url: string): void {
    missing.delete(name);
    urls.set(name, url);
    if (urls.size > mostKnown) dropFirst(urls);
  }

  async function look(name: string): Promise<string | undefined> {
    try {
      const url = await api.queueUrl(name);
      if (url !== undefined) add(name, url);
      else {
        missing.set(name, clock.monotonicMs() + missingMs);
        if (missing.size > mostKnown) dropFirst(missing);
      }
      return url;
    } finally {
      looking.delete(name);
    }
  }

  return {
    find(name) {
      const url = urls.get(name);
      if (url !== undefined) return Promise.resolve(url);
      const untilMs = missing.get(name);
      if (untilMs !== undefined) {
        if (clock.monotonicMs() < untilMs) return Promise.resolve(undefined);
        missing.delete(name);
      }
      let found = looking.get(name);
      if (!found) looking.set(name, (found = look(name)));
      return found;
    },
    known: (name) => urls.get(name),
    add,
    forget(name) {
      urls.delete(name);
      missing.delete(name);
    },
  };
}

function dropFirst(map: Map<string, unknown>): void {
  for (const first of map.keys()) {
    map.delete(first);
    return;
  }
}
