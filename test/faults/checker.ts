import type { Outcome } from '../../src/index.js';
import { countEffects, overlaps, type Effect } from '../support/effects.js';

/** What its caller was told of a request. */
export type Told =
  | { readonly kind: 'value' }
  | { readonly kind: 'error'; readonly code: string; readonly outcome: Outcome }
  /** Not settled when the history ended. */
  | { readonly kind: 'nothing' };

/** A request that somebody tried to have done. Times are epoch milliseconds. */
export interface Attempt {
  /** Unique in a history; what its effects are recorded under. */
  readonly subject: string;
  readonly calledAt: number;
  /** Undefined for a one-way request without a time: it settles and starts whenever it can. */
  readonly timeoutMs?: number;
  readonly settledAt?: number;
  readonly told: Told;
  /** Requests with one key are one effect. */
  readonly key?: string;
  /** What it had for itself while it ran. */
  readonly lock?: string;
  /** Its first start is in the order of the requests of its group. */
  readonly group?: string;
}

export interface History {
  readonly attempts: readonly Attempt[];
  readonly effects: readonly Effect[];
  /** The subjects of what was set aside. */
  readonly quarantined: readonly string[];
  /** What has to be back at zero: pending calls, waiters, timers. */
  readonly leftovers: Readonly<Record<string, number>>;
  /** What must not happen: rejections that nobody handles, a process that ends by itself. */
  readonly incidents: readonly string[];
}

export interface Rules {
  /** How far clocks may be off, and how late a timer may come; 2,000 by default. */
  readonly skewMs?: number;
  /** Finished runs of one key at most: one more than crashes between an effect and its record. 1 by default. */
  readonly finishesPerKey?: number;
  /** How late a call may be settled on a machine that is busy; 1,000 by default. */
  readonly lateMs?: number;
}

export type Invariant = 'INV1' | 'INV2' | 'INV3' | 'INV4' | 'INV5' | 'INV6' | 'INV7' | 'INV8';

export interface Verdict {
  readonly attempted: number;
  /** Their callers were told that it is done, or, one-way, that the broker has it. */
  readonly accepted: number;
  /** Accepted, and then neither done, nor expired, nor set aside. */
  readonly lost: number;
  /** Started though nobody attempted it, or though its caller was told that it was not executed. */
  readonly unexpected: number;
  /** Finished more than once. */
  readonly duplicated: number;
  /** Nobody could tell its caller, and it was done. */
  readonly recovered: number;
  readonly violations: readonly { readonly invariant: Invariant; readonly what: string }[];
}

/** Compares what callers were told with what really happened. */
export function check(history: History, rules: Rules = {}): Verdict {
  const { attempts, effects, quarantined, leftovers, incidents } = history;
  const { skewMs = 2_000, finishesPerKey = 1, lateMs = 1_000 } = rules;
  const counts = countEffects(effects);
  const aside = new Set(quarantined);
  // Spread into one call, a long history would be too many arguments.
  const endsAt = [...effects.map(({ at }) => at), ...attempts.map(({ settledAt = 0 }) => settledAt)].reduce(
    (latest, at) => Math.max(latest, at),
    0,
  );
  const bySubject = new Map(attempts.map((attempt) => [attempt.subject, attempt]));
  const violations: { invariant: Invariant; what: string }[] = [];
  const report = (invariant: Invariant, what: string) => void violations.push({ invariant, what });

  const keys = groupBy(attempts, ({ key }) => key);
  /** Whoever has the key of another may have had it done by that one. */
  const twins = (attempt: Attempt) => (attempt.key === undefined ? [attempt] : (keys.get(attempt.key) ?? []));
  const sum = (these: readonly Attempt[], what: 'starts' | 'finishes') =>
    these.reduce((total, { subject }) => total + (counts.get(subject)?.[what] ?? 0), 0);
  const isDone = (attempt: Attempt) => sum(twins(attempt), 'finishes') > 0;
  const deadlineOf = ({ calledAt, timeoutMs = Infinity }: Attempt) => calledAt + timeoutMs;

  const accepted = attempts.filter(({ told }) => told.kind === 'value');
  // An answer is the end of a request; one that nobody waits for may also expire or be set aside.
  const lost = accepted.filter(
    (attempt) => !isDone(attempt) && !aside.has(attempt.subject) && deadlineOf(attempt) > endsAt,
  );
  for (const { subject } of lost) report('INV1', `${subject} was accepted, and not done`);

  const strangers = [...counts.keys()].filter((subject) => !bySubject.has(subject));
  for (const subject of strangers) report('INV1', `${subject} was started, but nobody asked for it`);
  const denied = attempts.filter(({ subject, told }) => {
    return told.kind === 'error' && told.outcome === 'not_executed' && counts.has(subject);
  });
  for (const { subject } of denied) report('INV1', `${subject} was started, but called not executed`);

  for (const { kind, subject, at } of effects) {
    const attempt = bySubject.get(subject);
    const lateBy = attempt ? at - deadlineOf(attempt) : 0;
    if (kind === 'start' && lateBy > skewMs) report('INV2', `${subject} was started ${lateBy} ms after its deadline`);
  }

  for (const [key, those] of keys) {
    const finishes = sum(those, 'finishes');
    if (finishes > finishesPerKey) report('INV3', `key ${key} took effect ${finishes} times`);
  }

  for (const attempt of attempts) {
    const { subject, told, settledAt } = attempt;
    if (told.kind === 'nothing' || settledAt === undefined) report('INV4', `${subject} was never settled`);
    else if (settledAt > deadlineOf(attempt) + lateMs)
      report('INV4', `${subject} was settled ${settledAt - deadlineOf(attempt)} ms late`);
  }

  // A run that never ended went down with its process, and its lock with its lease.
  const ended = new Set(effects.filter(({ kind }) => kind === 'finish').map(({ run }) => run));
  const ofLocks = effects.flatMap((effect) => {
    const lock = bySubject.get(effect.subject)?.lock;
    return lock === undefined || !ended.has(effect.run) ? [] : [{ ...effect, subject: lock }];
  });
  for (const { subject } of overlaps(ofLocks)) report('INV5', `lock ${subject} had two holders`);

  for (const [group, those] of groupBy(attempts, (attempt) => attempt.group)) {
    const order = those.map(({ subject }) =>
      effects.findIndex((effect) => effect.kind === 'start' && effect.subject === subject),
    );
    const started = order.filter((place) => place >= 0);
    if (started.some((place, nth) => place < (started[nth - 1] ?? 0)))
      report('INV6', `group ${group} was not started in its order`);
  }

  for (const [what, count] of Object.entries(leftovers)) if (count !== 0) report('INV7', `${count} ${what} are left`);
  for (const incident of incidents) report('INV8', incident);

  return {
    attempted: attempts.length,
    accepted: accepted.length,
    lost: lost.length,
    unexpected: strangers.length + denied.length,
    duplicated: [...counts.values()].filter(({ finishes }) => finishes > 1).length,
    recovered: attempts.filter((attempt) => isUnknown(attempt) && isDone(attempt)).length,
    violations,
  };
}

function isUnknown({ told }: Attempt): boolean {
  return told.kind === 'nothing' || (told.kind === 'error' && told.outcome === 'unknown');
}

function groupBy(
  attempts: readonly Attempt[],
  nameOf: (attempt: Attempt) => string | undefined,
): Map<string, Attempt[]> {
  const groups = new Map<string, Attempt[]>();
  for (const attempt of attempts) {
    const name = nameOf(attempt);
    if (name !== undefined) groups.set(name, [...(groups.get(name) ?? []), attempt]);
  }
  return groups;
}
