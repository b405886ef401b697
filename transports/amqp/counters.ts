import { createCounters as createCountersOf, type Counters as CountersOf } from '../../src/core/counters.js';

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
export type Counters = CountersOf<CounterName>;

export const createCounters = (): Counters => createCountersOf(names);
