import type { Delivery, Message } from '../../src/core/transport.js';
import type { ReceivedMessage, SendEntry } from './api.js';

/** How what comes in is judged. */
export interface WireRules {
  readonly maxBodyBytes: number;
  /** Sender ids whose word is taken for who sent a request first: those of operators, who redrive. */
  readonly believes: ReadonlySet<string>;
  /** Whether a queue of that name may be answered to. */
  isInbox(name: string): boolean;
}

/** One request as it came from the queue of an address. */
export interface Arrival {
  readonly kind: 'request';
  readonly message: Message;
  /** The part of `SenderId` before the colon; of what an operator we believe redrove, who sent it first. */
  readonly sender: Delivery['sender'];
  readonly unreadable: Delivery['unreadable'];
  /** Which redrive it came by, if any. */
  readonly redriven: Delivery['redriven'];
  /** Epoch milliseconds, by the clock of SQS. */
  readonly sentAt: number;
  /** `MessageGroupId`: serial whatever it stands for. */
  readonly groupId: string;
}

/** 'refused': it asks for its reply at a place that nobody may name. 'foreign': it is no request that we can read. */
export type Reading =
  | Arrival
  | { readonly kind: 'refused'; readonly id: string; readonly replyTo: string }
  | { readonly kind: 'foreign'; readonly id: string; readonly reason: 'no_action' };

/** What is sent. `address` is that of a request; a reply goes to a standard queue and has none. */
export declare function encode(message: Message, address: string | undefined): SendEntry;

export declare function decode(received: ReceivedMessage, address: string, rules: WireRules): Reading;

/** A message in an inbox. */
export declare function decodeReply(received: ReceivedMessage): Message;
