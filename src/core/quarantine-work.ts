import type { Clock } from './clock.js';
import type {
  Quarantine,
  QuarantineChange,
  QuarantineDetail,
  QuarantineEntry,
  QuarantineOptions,
  QuarantineReport,
  QuarantineSelection,
} from './quarantine.js';
import { redactedBody, redactedHeaders } from './redact.js';

/** The quarantine of one address, as a transport has it, while nobody else works at it. */
export interface Taking<Item> {
  readonly total: number;
  /** The next one, oldest first; undefined behind the last. It keeps its place unless it is forgotten. */
  next(): Promise<Item | undefined>;
  entryOf(item: Item): QuarantineEntry;
  contentOf(item: Item): { readonly headers: Readonly<Record<string, string>>; readonly body: string };
  /** @throws as `redrive` would at once. */
  check?(item: Item): void;
  /** Resolves once the broker has a copy of it at the address. */
  redrive(item: Item, how: { readonly withoutReply: boolean; readonly withoutDeadline: boolean }): Promise<void>;
  forget(item: Item): void;
}

export interface QuarantineSource<Item> {
  /** What was taken and not forgotten is where it was when this has resolved, however `work` ends. */
  take<T>(work: (taking: Taking<Item>) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

type Verdict = 'done' | 'expired' | 'other';

/** What transports have in common in their quarantines. */
export function createQuarantine<Item>(source: QuarantineSource<Item>, clock: Clock): Quarantine {
  async function change(
    options: QuarantineChange,
    work: (taking: Taking<Item>, item: Item, entry: QuarantineEntry) => Promise<Verdict>,
  ): Promise<QuarantineReport> {
    const { most = Infinity } = options;
    return source.take(async (taking) => {
      const counts = { done: 0, expired: 0, other: 0 };
      const looked = await walk(taking, options, async (item, entry) => {
        const isWanted = counts.done < most && isSelected(entry, options, clock);
        if (isWanted) counts[await work(taking, item, entry)] += 1;
        return { done: counts.done, goOn: counts.done < most };
      });
      const { done, expired } = counts;
      return { total: taking.total, done, expired, ...looked };
    });
  }

  return {
    list: ({ most = 100, ...options } = {}) =>
      source.take(async (taking) => {
        const entries: QuarantineEntry[] = [];
        let isCut = false;
        await walk(taking, options, async (_item, entry) => {
          if (!isSelected(entry, options, clock)) return { done: entries.length, goOn: true };
          isCut = entries.length >= most;
          if (!isCut) entries.push(entry);
          return { done: entries.length, goOn: !isCut };
        });
        return { total: taking.total, entries, isCut };
      }),
    show: (id, { reveal = false, signal } = {}) =>
      source.take(async (taking) => {
        let found: QuarantineDetail | undefined;
        await walk(taking, signal ? { signal } : {}, async (item, entry) => {
          if (entry.id !== id) return { done: 0, goOn: true };
          const { headers, body } = taking.contentOf(item);
          found = {
            ...entry,
            headers: reveal ? headers : redactedHeaders(headers),
            body: redactedBody(body, { reveal }),
          };
          return { done: 1, goOn: false };
        });
        return found;
      }),
    redrive: ({ withoutReply = false, ...options } = {}) =>
      change(options, async (taking, item, { kind, deadline = Infinity }) => {
        const isLate = deadline <= clock.now();
        if (isLate && kind === 'call' && !withoutReply) return 'expired';
        if (options.dryRun) {
          taking.check?.(item);
          return 'done';
        }
        // A one-way request that an operator sends again is wanted, however late it is.
        const alone = kind === 'one-way' || (isLate && withoutReply);
        await taking.redrive(item, { withoutReply: alone, withoutDeadline: alone });
        taking.forget(item);
        return 'done';
      }),
    purge: (options = {}) =>
      change(options, async (taking, item) => {
        if (!options.dryRun) taking.forget(item);
        return 'done';
      }),
    close: () => source.close(),
    [Symbol.asyncDispose]: () => source.close(),
  };
}

/** No further than those that were there at first: what is redriven may come back, behind them. */
async function walk<Item>(
  taking: Taking<Item>,
  { signal, onProgress }: QuarantineOptions,
  visit: (item: Item, entry: QuarantineEntry) => Promise<{ readonly done: number; readonly goOn: boolean }>,
): Promise<{ readonly looked: number; readonly isComplete: boolean }> {
  const { total } = taking;
  for (let looked = 0; looked < total; looked += 1) {
    if (signal?.aborted) return { looked, isComplete: false };
    const item = await taking.next();
    if (item === undefined) return { looked, isComplete: true };
    const { done, goOn } = await visit(item, taking.entryOf(item));
    onProgress?.({ total, looked: looked + 1, done });
    if (!goOn) return { looked: looked + 1, isComplete: true };
  }
  return { looked: total, isComplete: true };
}

function isSelected(entry: QuarantineEntry, selection: QuarantineSelection, clock: Clock): boolean {
  const { ids, actions, reason, olderThanMs } = selection;
  if (ids && !ids.includes(entry.id)) return false;
  if (actions && !actions.includes(entry.action ?? '')) return false;
  if (reason !== undefined && !entry.reason.includes(reason)) return false;
  // Of what has no time nobody can say that it is old enough.
  return olderThanMs === undefined || clock.now() - (entry.firstSeen ?? Infinity) > olderThanMs;
}
