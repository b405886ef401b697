import type { ErrorCode, Outcome } from '../../core/errors.js';
import type { LockKey } from '../../stores/lock.js';

/** One line of the story. Times are milliseconds since the start. */
export interface SimulationEvent {
  readonly atMs: number;
  readonly column: 'caller' | 'broker' | 'worker' | 'store' | 'fault';
  readonly who: string;
  readonly what: EventKind;
  /** The number of the request that it is about, from 1. */
  readonly request?: number | undefined;
  readonly messageId?: string | undefined;
  readonly detail?: string | undefined;
}

export type EventKind =
  | 'calls'
  | 'told'
  | 'reply received'
  | 'accepted'
  | 'delivered'
  | 'expired'
  | 'lapsed'
  | 'given back'
  | 'lost'
  | 'settled'
  | 'late settle'
  | 'reply refused'
  | 'stage'
  | 'runs'
  | 'ran'
  | 'locked'
  | 'unlocked'
  | 'lock lapsed'
  | 'claimed'
  | 'recorded'
  | 'released'
  | 'claim lapsed'
  | 'fault'
  | 'is up';

/** What a caller was told of its request. */
export type Told =
  | { readonly kind: 'value'; readonly value: unknown }
  /** A request without an answer: the broker has it. */
  | { readonly kind: 'sent' }
  | { readonly kind: 'error'; readonly code: ErrorCode; readonly outcome: Outcome }
  /** Something that no caller should ever see. */
  | { readonly kind: 'thrown'; readonly error: unknown };

/** A request that a caller of the simulation made. */
export interface Attempt {
  readonly number: number;
  readonly caller: string;
  readonly action: string;
  readonly calledAtMs: number;
  readonly timeoutMs: number | undefined;
  readonly key: string | undefined;
  readonly group: string | undefined;
  readonly isOneWay: boolean;
  /** Nothing was broken any more when it was made. */
  readonly afterFaults: boolean;
  messageId: string | undefined;
  told: Told | undefined;
  toldAtMs: number | undefined;
  /** When its send resolved. */
  sentAtMs: number | undefined;
  /** When the first reply to it entered its caller's process. */
  repliedAtMs: number | undefined;
  /** Its caller crashed, or stood still, before it was told. */
  callerFailed: boolean;
}

/** One start of a handler. */
export interface Run {
  readonly number: number;
  readonly node: string;
  readonly request: number | undefined;
  readonly messageId: string;
  readonly action: string;
  readonly startedAtMs: number;
  readonly fence: number;
  readonly locks: readonly LockKey[];
  readonly onCrash: 'retry' | 'park';
  /** The claim it was started under, where it has a key. */
  readonly claim: TrackedClaim | undefined;
  readonly hold: TrackedHold | undefined;
  endedAtMs: number | undefined;
  ending: { readonly value: unknown } | { readonly error: unknown } | undefined;
  /** Its process has crashed. */
  isDead: boolean;
}

/** A request on its way through the broker. */
export interface TrackedMessage {
  readonly id: string;
  readonly request: number | undefined;
  readonly wantsReply: boolean;
  readonly deadlineMs: number;
  accepted: number;
  /** Settled for good, or expired. */
  ended: number;
  /** How often the broker had a reason to hand it out again. */
  handedBack: number;
  /** A reply to it is with the broker, or was refused for its address. */
  isAnswered: boolean;
  /** When it was last handed out. */
  deliveredAtMs: number;
  quarantined: string | undefined;
  starts: number;
  /** How many deliveries of it the nodes have in hand, settled late ones included: only they may start it. */
  readonly at: Map<string, number>;
}

export interface TrackedClaim {
  readonly key: string;
  readonly messageId: string;
  readonly node: string;
  readonly openedAtMs: number;
  /** Since when it was not renewed, the first time. */
  stoppedAtMs: number | undefined;
  state: 'open' | 'recorded' | 'released' | 'lapsed';
}

export interface TrackedHold {
  readonly owner: string;
  readonly node: string;
  state: 'held' | 'released' | 'lapsed';
}

/** What a process wrote to its log. */
export interface Logged {
  readonly who: string;
  readonly text: string;
  readonly fields: object;
}

/** All that happened, as invariants read it. */
export interface History {
  readonly events: readonly SimulationEvent[];
  readonly attempts: readonly Attempt[];
  readonly runs: readonly Run[];
  readonly messages: ReadonlyMap<string, TrackedMessage>;
  /** In the order of their opening. */
  readonly claims: readonly TrackedClaim[];
  readonly holds: readonly TrackedHold[];
  /** What is left at the end that should be gone, by name. */
  readonly leftovers: Readonly<Record<string, number>>;
  /** What must never happen, in words. */
  readonly incidents: readonly string[];
  readonly logged: readonly Logged[];
  /** The bodies of what was set aside. */
  readonly setAside: readonly string[];
  readonly profile: 'amqp' | 'sqs';
  /** How late a start may be by the true time: the skew that is tolerated, and what the clocks are off. */
  readonly lateStartMs: number;
}

export type MutableHistory = {
  -readonly [Field in keyof History]: History[Field] extends readonly (infer Item)[] ? Item[] : History[Field];
};
