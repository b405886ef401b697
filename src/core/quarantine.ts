/** One request that was set aside, as far as it may be shown to anybody: without its body. */
export interface QuarantineEntry {
  readonly id: string;
  readonly action?: string;
  readonly reason: string;
  /** When a worker first had it, in epoch milliseconds. */
  readonly firstSeen?: number;
  readonly attempts: number;
  /** Of its body. */
  readonly bytes: number;
  /** Who sent it. */
  readonly sender?: string;
  /** A call has somebody who waits, or waited, for its reply. */
  readonly kind: 'call' | 'one-way';
  /** In epoch milliseconds. */
  readonly deadline?: number;
}

export interface QuarantineDetail extends QuarantineEntry {
  readonly headers: Readonly<Record<string, string>>;
  /** JSON where it is, else its text. Values that look secret are masked, unless they were to be revealed. */
  readonly body: unknown;
}

/** Which of them; all, where nothing is said. */
export interface QuarantineSelection {
  readonly ids?: readonly string[];
  readonly actions?: readonly string[];
  /** Text that the reason contains. */
  readonly reason?: string;
  /** First seen longer ago. */
  readonly olderThanMs?: number;
}

export interface QuarantineProgress {
  readonly total: number;
  readonly looked: number;
  readonly done: number;
}

export interface QuarantineOptions extends QuarantineSelection {
  /** Ends the work: what is done stays done, the rest stays where it was. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: QuarantineProgress) => void;
}

export interface QuarantineChange extends QuarantineOptions {
  /** Only says what would be done. */
  readonly dryRun?: boolean;
  /** No more than so many, the oldest. */
  readonly most?: number;
}

export interface RedriveOptions extends QuarantineChange {
  /**
   * Runs calls that nobody waits for any more as one-way requests. Left out, a call whose deadline has passed stays: its
   * worker would not start it.
   */
  readonly withoutReply?: boolean;
}

export interface QuarantineList {
  /** How many there are, shown or not. */
  readonly total: number;
  /** The oldest first. */
  readonly entries: readonly QuarantineEntry[];
  /** There are more of this selection. */
  readonly isCut: boolean;
}

export interface QuarantineReport {
  readonly total: number;
  readonly looked: number;
  /** Redriven or purged; in a dry run, that would have been. */
  readonly done: number;
  /** Calls that stay because their deadline has passed. */
  readonly expired: number;
  /** False where the signal ended it. */
  readonly isComplete: boolean;
}

/**
 * What was set aside from one address. One at a time works at it; another is `busy`. What is looked at and not taken
 * keeps its place.
 */
export interface Quarantine extends AsyncDisposable {
  /** @param options.most how many at most; 100 by default */
  list(options?: QuarantineOptions & { readonly most?: number }): Promise<QuarantineList>;
  /** The oldest with that id; undefined where there is none. */
  show(
    id: string,
    options?: { readonly reveal?: boolean; readonly signal?: AbortSignal },
  ): Promise<QuarantineDetail | undefined>;
  /**
   * Sends copies to the address, in order, each with its id and its attempts counted anew, and forgets each once the
   * broker has its copy. A failure ends it; a lost connection may leave the last one in both places.
   */
  redrive(options?: RedriveOptions): Promise<QuarantineReport>;
  purge(options?: QuarantineChange): Promise<QuarantineReport>;
  /** Idempotent. */
  close(): Promise<void>;
}
