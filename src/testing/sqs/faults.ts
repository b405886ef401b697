import type { Random } from '../../core/random.js';
import type { SqsCall } from './call.js';
import type { SqsErrorCode } from './errors.js';

/**
 * What happens to a call.
 * - `{ delayMs }`: it is done that much later.
 * - `{ error }`: SQS refuses it with that error; nothing is done.
 * - 'error 500', 'error 503', 'throttled', 'expired credentials', 'access denied': the same, by their usual names.
 * - 'reset before', 'reset after': the connection is reset before it is done, or once it is done: the answer is lost.
 * - 'hang', 'hang after': the same, but the connection stays open and silent.
 * - 'partial failure': of a batch, some entries fail and are not done; of any other call, it is 'error 500'.
 * - 'wrong md5': it is done, and the checksum of one message in the answer is wrong.
 * - 'truncated body': it is done, and the answer breaks off.
 */
export type SqsFaultEffect =
  | { readonly delayMs: number }
  | { readonly error: SqsErrorCode }
  | 'error 500'
  | 'error 503'
  | 'throttled'
  | 'expired credentials'
  | 'access denied'
  | 'reset before'
  | 'reset after'
  | 'hang'
  | 'hang after'
  | 'partial failure'
  | 'wrong md5'
  | 'truncated body';

/** Which calls a fault is put in the way of. */
export interface SqsFaultRule {
  /** The action, or several; any by default. */
  readonly action?: string | readonly string[];
  /** The name of the queue; any by default. */
  readonly queue?: string;
  /** How many calls at most; every one by default. */
  readonly times?: number;
  /** How many fitting calls pass unharmed first; 0 by default. */
  readonly after?: number;
  /** How likely a fitting call is hit, from 0 to 1, by the emulator's random; 1 by default. */
  readonly rate?: number;
  readonly when?: (call: SqsCall) => boolean;
  readonly then: SqsFaultEffect;
}

export interface SqsFault {
  /** How many calls it hit so far. */
  readonly hits: number;
  /** Takes it back. */
  remove(): void;
}

export interface Faults {
  add(rule: SqsFaultRule): SqsFault;
  /** What the first rule that fits does to that call. */
  next(call: SqsCall): SqsFaultEffect | undefined;
}

export function createFaults(random: Random): Faults {
  const rules = new Set<{ readonly rule: SqsFaultRule; hits: number; seen: number }>();

  return {
    add(rule) {
      const entry = { rule, hits: 0, seen: 0 };
      rules.add(entry);
      return {
        get hits() {
          return entry.hits;
        },
        remove: () => void rules.delete(entry),
      };
    },
    next(call) {
      for (const entry of rules) {
        const { rule } = entry;
        if (entry.hits >= (rule.times ?? Infinity) || !fits(rule, call)) continue;
        entry.seen += 1;
        if (entry.seen <= (rule.after ?? 0) || random.unit() >= (rule.rate ?? 1)) continue;
        entry.hits += 1;
        return rule.then;
      }
      return undefined;
    },
  };
}

function fits({ action, queue, when }: SqsFaultRule, call: SqsCall): boolean {
  if (action !== undefined && ![action].flat().includes(call.action)) return false;
  if (queue !== undefined && queue !== call.queue) return false;
  return when?.(call) ?? true;
}

const errors: ReadonlyMap<SqsFaultEffect, SqsErrorCode> = new Map<SqsFaultEffect, SqsErrorCode>([
  ['error 500', 'InternalFailure'],
  ['error 503', 'ServiceUnavailable'],
  ['throttled', 'RequestThrottled'],
  ['expired credentials', 'ExpiredToken'],
  ['access denied', 'AccessDenied'],
]);

/** The error that a fault is, if it is one. */
export function errorOf(effect: SqsFaultEffect | undefined): SqsErrorCode | undefined {
  if (typeof effect === 'object') return 'error' in effect ? effect.error : undefined;
  return effect === undefined ? undefined : errors.get(effect);
}
