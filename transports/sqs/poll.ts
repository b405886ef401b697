import { backoffMs } from '../../src/core/backoff.js';
import { delay } from '../../src/core/clock.js';
import { SqsError, type ReceivedMessage } from './api.js';
import { mostPerCall } from './batches.js';
import type { SqsParts } from './parts.js';

const backoff = { firstDelayMs: 200, maxDelayMs: 5_000 };
/** Where somebody has to do something before it works. */
const longBackoff = { firstDelayMs: 1_000, maxDelayMs: 30_000 };
/** One more begins where one came back full, and ends when it does not. */
const mostAtOnce = 4;

export interface PollParts extends Pick<SqsParts, 'settings' | 'api' | 'counters' | 'availability'> {
  readonly url: () => string;
  /** How many more messages are wanted now. */
  readonly room: () => number;
  /** Requests come from a FIFO queue; replies from a standard one, and nobody needs those that come after the end. */
  readonly of: 'requests' | 'replies';
  /** `sentMs`: when the poll was sent, by the monotonic clock. */
  readonly onMessages: (messages: readonly ReceivedMessage[], sentMs: number) => void;
  /** The queue is not there. What it rejects with counts as another failure of the poll. */
  readonly onNoQueue: () => Promise<void>;
}

/** Asks for messages as long as there is room for them. */
export interface Poll {
  /** There may be room again. */
  wake(): void;
  /** Asks no more. Resolves once those for requests have returned: one that is cut off strands what it was being handed. */
  stop(): Promise<void>;
}

/** One poll, until it is answered: asked again under the same id, SQS gives the same messages at once. */
interface Attempt {
  readonly id: string;
  readonly max: number;
  readonly sinceMs: number;
  readonly isSingle: boolean;
}

interface Answer {
  readonly count: number;
  readonly tookMs: number;
  readonly failure: SqsError | undefined;
}

export function startPoll(parts: PollParts): Poll {
  const { settings, api, counters, availability } = parts;
  const { clock, log, random, pollMs, visibilityTimeoutMs } = settings;
  const stopping = new AbortController();
  const loops = new Set<Promise<void>>();
  let asked = 0;
  let wakers: (() => void)[] = [];

  function begin(isExtra: boolean): void {
    const looping = loop(isExtra).finally(() => loops.delete(looping));
    loops.add(looping);
  }

  async function loop(isExtra: boolean): Promise<void> {
    let failures = 0;
    let attempt: Attempt | undefined;
    while (!stopping.signal.aborted) {
      const room = parts.room() - asked;
      if (room < (attempt?.max ?? 1)) {
        if (isExtra && !attempt) return;
        await new Promise<void>((resolve) => wakers.push(resolve));
        continue;
      }
      attempt = attemptAfter(attempt, Math.min(mostPerCall, room));
      const { count, tookMs, failure } = await ask(attempt, failures > 0);
      const wasFull = count === mostPerCall;
      if (wasFull && loops.size < mostAtOnce) begin(true);
      if (count > 0 || !(failure || attempt.isSingle)) attempt = undefined;
      // Not while what a lost answer handed out is ours to ask for again.
      if (isExtra && !wasFull && !attempt) return;
      // Where too many messages are in flight SQS may answer at once, with nothing.
      failures = failure || (count === 0 && tookMs < pollMs / 2) ? failures + 1 : 0;
      if (failures > 0) await pause(failures, failure);
    }
  }

  /**
   * What was handed out by a lost answer is visible again after the visibility timeout: from then on the id means
   * nothing. Where a message makes each answer unreadable that has it in it, the others come one by one.
   */
  function attemptAfter(failed: Attempt | undefined, room: number): Attempt {
    const nowMs = clock.monotonicMs();
    if (!failed) return { id: random.uuid(), max: room, sinceMs: nowMs, isSingle: false };
    if (nowMs - failed.sinceMs < visibilityTimeoutMs) return failed;
    return { id: random.uuid(), max: 1, sinceMs: failed.sinceMs, isSingle: true };
  }

  async function ask({ id, max }: Attempt, isAgain: boolean): Promise<Answer> {
    const sentMs = clock.monotonicMs();
    const options = { max, waitMs: pollMs, visibilityMs: visibilityTimeoutMs };
    counters.add('polls');
    asked += max;
    try {
      const more = parts.of === 'requests' ? { attemptId: id } : { signal: stopping.signal };
      const messages = await api.receive(parts.url(), { ...options, ...more });
      asked -= max;
      availability.ok();
      if (messages.length > 0) parts.onMessages(messages, sentMs);
      return { count: messages.length, tookMs: clock.monotonicMs() - sentMs, failure: undefined };
    } catch (error) {
      asked -= max;
      return { count: 0, tookMs: 0, failure: await failed(error, isAgain) };
    }
  }

  async function failed(error: unknown, isAgain: boolean): Promise<SqsError> {
    const failure = asSqsError(error);
    if (stopping.signal.aborted) return failure;
    counters.add('failed_polls');
    if (!isAgain) log.warn({ reason: failure.message }, 'a poll failed; it is made again');
    availability.failed(failure);
    if (failure.kind === 'no_queue') {
      await parts.onNoQueue().catch((cause: unknown) => availability.failed(asSqsError(cause)));
    }
    return failure;
  }

  async function pause(failures: number, failure: SqsError | undefined): Promise<void> {
    const isLong = failure?.kind === 'denied' || failure?.kind === 'refused';
    const ms = backoffMs(failures, isLong ? longBackoff : backoff, random);
    // Stopping ends the wait.
    await delay(clock, ms, stopping.signal).catch(() => undefined);
  }

  function wake(): void {
    const awake = wakers;
    wakers = [];
    for (const resolve of awake) resolve();
  }

  begin(false);
  return {
    wake,
    async stop() {
      stopping.abort();
      wake();
      await Promise.all(loops);
    },
  };
}

function asSqsError(error: unknown): SqsError {
  return error instanceof SqsError ? error : new SqsError('unavailable', 'a poll failed', { cause: error });
}
