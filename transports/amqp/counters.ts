const names = [
  'reconnects',
  'sent',
  'delivered',
  'replies',
  'returned',
  'nacked',
  'confirm_timeouts',
  'channels_replaced',
  'dropped_settles',
  'reply_to_refused',
  'headers_dropped',
  'held_retries',
  'ladder_retries',
  'requeued_retries',
  'given_back',
  'quarantined',
  'quarantine_full',
  'consumers_cancelled',
  'inboxes_lost',
  'control_sent',
  'control_received',
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
