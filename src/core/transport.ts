/**
 * The seam between Samovar and what carries its messages. A transport moves text and settles deliveries; it
 * knows no schema, lock, reply format or error code.
 */
export interface Message {
  /** Unique per send, and the same on every redelivery and on every copy that Samovar makes. */
  readonly id: string;
  /** What a request asks for; absent on a reply. */
  readonly action?: string;
  /** JSON text. */
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The sender's inbox. Opaque to the core: the adapter may encode a route in it, and judges it on arrival. */
  readonly replyTo?: string;
  readonly correlationId?: string;
  /** Messages with an equal key are delivered in order where the transport can. */
  readonly groupKey?: string;
  /** Epoch milliseconds after which nobody waits for the answer. */
  readonly expiresAt?: number;
  /** Survives a crash of the broker, where the transport can choose. */
  readonly persistent?: boolean;
}

/** One arrival of a message. */
export interface Delivery {
  readonly message: Message;
  /** 1 at first, one more after each `retry`; what was returned or lost with its worker is not counted, unless `traits.countsAttempts`. */
  readonly attempt: number;
  /** The broker has handed this message out before: it may have been started, or even finished. */
  readonly redelivered: boolean;
  /** The sender's identity, vouched for by the broker, never read from a header. */
  readonly sender?: string;
  /** How long the broker would still have kept the message when it arrived, in milliseconds, where it says so. */
  readonly timeToLiveMs?: number;
  /** Why the body could not be read; the body is '' then, so that it can still be answered. */
  readonly unreadable?: 'too_large' | 'not_utf8' | 'content_type';
  /** An operator sent it again, out of quarantine: the name of that occasion, the same on each redelivery. */
  readonly redriven?: string;
  /** Aborts once the broker has given this delivery to somebody else, for good. Absent where that cannot be known. */
  readonly signal?: AbortSignal;
  /** Turns true once it may be with somebody else: it went down with its connection, or its lease. */
  readonly isLost?: boolean;
}

/** How a delivery is settled. */
export type Disposition =
  /** Done with: the broker may forget it. */
  | { readonly kind: 'ack' }
  /** Never started: back at once, for anybody; no attempt of ours. */
  | { readonly kind: 'return' }
  /** Delivered again after at least `afterMs`; counted as an attempt unless `uncounted`. */
  | { readonly kind: 'retry'; readonly afterMs: number; readonly uncounted?: true }
  /** Set aside with the reason; never delivered again by itself. */
  | { readonly kind: 'quarantine'; readonly reason: string };

/** Settles a delivery by what it resolves to. A rejection is a bug of the caller and counts as a retry after one second. */
export type Receive = (delivery: Delivery) => Promise<Disposition>;

/** What a transport can and cannot do. The conformance suite holds it to each answer, yes or no. */
export interface TransportTraits {
  /** The largest body in bytes that it carries, in either direction. */
  readonly maxBodyBytes: number;
  /** 'group': first deliveries of one group key follow the order of resolved sends. 'none': no promise. */
  readonly ordering: 'none' | 'group';
  /** `attempt` also counts deliveries that ended with a crash. */
  readonly countsAttempts: boolean;
  /** Control messages reach the workers of an address. */
  readonly canCancel: boolean;
  /** A send to an address that nobody ever consumed fails as `unroutable`. */
  readonly reportsUnroutable: boolean;
  /** It can tell that an address exists but nobody consumes it. */
  readonly reportsNoWorker: boolean;
  /** How long a delivery may stay unsettled before the broker takes it away, where it does and renewing cannot help. */
  readonly maxHoldMs?: number;
  /** Messages in flight and waiting outlive the broker's process when they are persistent. */
  readonly survivesBrokerCrash: boolean;
}

export type TransportStatus = 'connecting' | 'ready' | 'blocked' | 'closed';

export interface SendOptions {
  /** Gives up a send that has not been written yet; one that has is left alone. */
  readonly signal?: AbortSignal;
  /** Asked right before the message is written, where that has to wait for a connection: false gives it up, as `cancelled`. */
  readonly isWanted?: () => boolean;
  /** A control message: to every worker of the address, best effort, never stored. */
  readonly control?: boolean;
  /** Fail with `no_worker` where a queue exists but nobody consumes it (`traits.reportsNoWorker`). */
  readonly requireWorker?: boolean;
  /** A question about another request: fails as `rejected` where the address is known for consumers that would run it. */
  readonly question?: boolean;
}

export interface ConsumeOptions {
  /** The actions this consumer answers: what has to be routed to the address. */
  readonly actions: readonly string[];
  /** How many deliveries it holds at once, waiting ones included. */
  readonly intake: number;
  /** Called for each control message; must not throw. */
  control?(message: Message, sender: string | undefined): void;
}

export interface Consumer {
  /** No `receive` from the call on; resolves once the broker knows. Idempotent. Deliveries in hand are still settled. */
  stop(): Promise<void>;
  /** Resolves if consuming ended for a reason that reconnecting cannot mend. */
  readonly lost: Promise<TransportError>;
}

export interface InboxHandlers {
  /** Called for each reply. The transport may forget it once this has returned or resolved. */
  receive(message: Message): void | Promise<void>;
  /** Replies on their way are gone for good; the inbox itself works on (or will, after a reconnect). */
  lost(): void;
}

export interface Inbox {
  /** What goes into `replyTo`. */
  readonly address: string;
  close(): Promise<void>;
}

/** A snapshot for health checks. */
export interface TransportHealth {
  readonly status: TransportStatus;
  /** Since when it has had that status, in epoch milliseconds. */
  readonly since: number;
  readonly reconnects: number;
  /** What is wrong, in words, where something is. */
  readonly reason?: string;
  readonly counters: Readonly<Record<string, number>>;
}

export interface Transport {
  readonly name: string;
  readonly traits: TransportTraits;
  readonly status: TransportStatus;
  /**
   * Resolves once the broker has the message. While disconnected it waits, until `message.expiresAt` or the signal.
   * @throws TransportError always, and nothing else; its `sent` says whether the message may have left.
   */
  send(address: string, message: Message, options?: SendOptions): Promise<void>;
  /** Resolves once the address exists and is consumed. A set-up that can never work rejects with a TransportError. */
  consume(address: string, options: ConsumeOptions, receive: Receive): Promise<Consumer>;
  /** Opens the place where this process receives replies. Resolves once a reply sent to it would arrive. */
  openInbox(on: InboxHandlers): Promise<Inbox>;
  health(): TransportHealth;
  /** Stops consuming, waits for sends under way (bounded), gives unsettled deliveries back. Idempotent. */
  close(): Promise<void>;
}

export type TransportErrorCode =
  /** No such address, or nothing is bound to it. */
  | 'unroutable'
  /** The address exists, but nobody consumes it; only with `requireWorker`. */
  | 'no_worker'
  /** No connection, or it was cut before the broker confirmed. */
  | 'unavailable'
  /** The broker takes nothing from senders for now. */
  | 'blocked'
  /** The broker refused this message: its queue is full. */
  | 'rejected'
  /** Over `traits.maxBodyBytes`. */
  | 'too_large'
  /** Over the bound of sends waiting in this process. */
  | 'busy'
  /** The signal of the send aborted. */
  | 'cancelled'
  /** This transport was closed. */
  | 'closed'
  /** The set-up can never work: a wrong password, missing rights, a queue of another shape. The message names the setting. */
  | 'setup';

export interface TransportErrorOptions {
  /** 'no': it has certainly not left this process, or was certainly not kept. 'maybe': nobody knows. */
  readonly sent: 'no' | 'maybe';
  readonly cause?: unknown;
}

export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly code: TransportErrorCode;
  readonly sent: 'no' | 'maybe';

  constructor(code: TransportErrorCode, message: string, options: TransportErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.sent = options.sent;
  }
}
