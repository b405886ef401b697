import type { SqsApi } from './api.js';
import type { SqsSettings } from './options.js';

/** The URLs of queues by their names: each is looked for by one call at a time, and found again without one. */
export interface QueueUrls {
  /** Undefined where there is no such queue. @throws SqsError */
  find(name: string): Promise<string | undefined>;
  /** How long ago it was first looked for in vain: Infinity where it was there before, 0 where it never was looked for. */
  missingForMs(name: string): number;
  /** As far as it is known without asking. */
  known(name: string): string | undefined;
  add(name: string, url: string): void;
  forget(name: string): void;
}

const mostKnown = 10_000;
/** So long nobody asks again: a burst of sends to a wrong address is one question. */
export const missingMs = 1_000;

/** A name that was looked for in vain; until then nobody asks again. By the monotonic clock. */
interface Miss {
  readonly sinceMs: number;
  readonly untilMs: number;
}

export function createQueueUrls({ clock }: Pick<SqsSettings, 'clock'>, api: Pick<SqsApi, 'queueUrl'>): QueueUrls {
  const urls = new Map<string, string>();
  const missing = new Map<string, Miss>();
  const looking = new Map<string, Promise<string | undefined>>();

  function add(name: string, url: string): void {
    missing.delete(name);
    urls.set(name, url);
    if (urls.size > mostKnown) dropFirst(urls);
  }

  function miss(name: string, since: Miss): void {
    missing.set(name, since);
    if (missing.size > mostKnown) dropFirst(missing);
  }

  async function look(name: string): Promise<string | undefined> {
    try {
      const url = await api.queueUrl(name);
      if (url !== undefined) add(name, url);
      else {
        const nowMs = clock.monotonicMs();
        miss(name, { sinceMs: missing.get(name)?.sinceMs ?? nowMs, untilMs: nowMs + missingMs });
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
      if (clock.monotonicMs() < (missing.get(name)?.untilMs ?? 0)) return Promise.resolve(undefined);
      let found = looking.get(name);
      if (!found) looking.set(name, (found = look(name)));
      return found;
    },
    missingForMs(name) {
      const since = missing.get(name)?.sinceMs;
      return since === undefined ? 0 : clock.monotonicMs() - since;
    },
    known: (name) => urls.get(name),
    add,
    forget(name) {
      if (urls.delete(name)) miss(name, { sinceMs: -Infinity, untilMs: 0 });
      else missing.delete(name);
    },
  };
}

function dropFirst(map: Map<string, unknown>): void {
  for (const first of map.keys()) {
    map.delete(first);
    return;
  }
}
