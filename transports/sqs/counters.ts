import { createCounters as createCountersOf, type Counters as CountersOf } from '../../src/core/counters.js';

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
export type Counters = CountersOf<CounterName>;

export const createCounters = (): Counters => createCountersOf(names);
