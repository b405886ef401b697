/** The text of a reply, as it was sent. */
export type StoredReply = string;

/** Nobody has this key, and its answer is not known. */
export interface Unclaimed {
  readonly state: 'none';
  /** It was started before, and released without an answer. */
  readonly hasStarted?: boolean;
}

/** Someone runs this key now. */
export interface Running {
  readonly state: 'running';
  readonly fingerprint: string;
  /** Resolves once the record may have changed: settled, released or abandoned. Rejects with the signal's reason. */
  changed(signal: AbortSignal): Promise<void>;
}

/** Its answer is known. */
export interface Settled {
  readonly state: 'settled';
  readonly fingerprint: string;
  readonly reply: StoredReply;
}

/** Its owner's lease lapsed: it crashed, or stood still for too long. */
export interface Abandoned {
  readonly state: 'abandoned';
  readonly fingerprint: string;
  /** How often it was started. */
  readonly starts: number;
  /** Ends it for good with `reply`; 'lost' if somebody else took it meanwhile. */
  park(reply: StoredReply): Promise<'parked' | 'lost'>;
  /** Makes it this owner's, one start more; 'lost' if somebody else took it meanwhile. */
  takeOver(): Promise<Claim | 'lost'>;
}

/** This caller's turn: nobody else runs the key until the claim is settled, released or lost. */
export interface Claim {
  readonly state: 'fresh';
  /** This start included. */
  readonly starts: number;
  /** Aborts once the claim can no longer be relied on: its lease was not renewed in time. Absent where that cannot happen. */
  readonly signal?: AbortSignal;
  /** Keeps the answer; 'lost' if the claim had lapsed and somebody else took it: then nothing was recorded. */
  settle(reply: StoredReply): Promise<'recorded' | 'lost'>;
  /**
   * As if it had never been claimed: the next claim is fresh, with one start. `hasStarted`: the work was begun, and may
   * have had an effect; a store with `remembersMs` keeps that in mind.
   */
  release(after?: { readonly hasStarted: boolean }): Promise<void>;
  /**
   * Gives it up without an answer, as a crash would: abandoned at once where the store can be reached, else with its
   * lease, which is not renewed from the call on. Never rejects.
   */
  abandon(): Promise<void>;
}

/** Names one intended effect: remembers who runs it and how it ended. */
export interface IdempotencyStore {
  /** Outlives this process. Without it, `onCrash: 'park'` can keep no promise. */
  readonly durable: boolean;
  /**
   * For how many milliseconds at least it remembers of each key that it was started: as running, settled or abandoned,
   * and after a release by `hasStarted`. Left out: no promise, so that it cannot tell that a call was not executed.
   */
  readonly remembersMs?: number;
  /** @throws RpcError `unavailable`, not_executed, if the store cannot be reached; so does each step below. */
  read(key: string): Promise<Unclaimed | Running | Abandoned | Settled>;
  /**
   * Takes the key, if it is free. `fingerprint` tells whether two requests with one key are the same request;
   * with another than the record's the answer is 'mismatch', whatever the record's state.
   */
  claim(
    key: string,
    fingerprint: string,
    owner: { readonly messageId: string },
  ): Promise<Claim | Running | Abandoned | Settled | { readonly state: 'mismatch' }>;
  /** Stops renewing: what is still claimed becomes abandoned with its lease. Idempotent. */
  close(): Promise<void>;
}
