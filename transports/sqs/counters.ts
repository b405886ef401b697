const names = [
  'reconnects',
  'sent',
  'send_batches',
  'send_retries',
  'throttled',
  'delivered',
  'replies',
  'polls',
  'failed_polls',
  'single_group_polls',
  'deletes',
  'delete_batches',
  'failed_deletes',
  'settle_retries',
  'late_settles',
  'renewals',
  'leases_lost',
  'returned',
  'retries',
  'unknown_actions',
  'quarantined',
  'quarantine_failed',
  'foreign',
  'reply_to_refused',
  'inboxes_lost',
  'inboxes_swept',
] as const;

export type CounterName = (typeof names)[number];

/** What happened how often since the transport was created. */
export interface Counters {
  add(name: CounterName, by?: number): void;
  get(name: CounterName): number;
  snapshot(): Record<string, number>;
}

export function createCounters(): Counters {
  const counts = new Map<CounterName, number>(names.map((name) => [name, 0]));
  return {
    add: (name, by = 1) => void counts.set(name, (counts.get(name) ?? 0) + by),
    get: (name) => counts.get(name) ?? 0,
    snapshot: () => Object.fromEntries(counts),
  };
}
