import type { Options } from 'amqplib';
import type { Link } from './link.js';

/** Something to publish, and what must be true before. */
export interface Parcel {
  /** 'request' counts towards the bound of waiting sends; replies and copies are bounded by the intake. */
  readonly kind: 'request' | 'reply' | 'copy';
  readonly exchange: string;
  readonly routingKey: string;
  readonly content: Buffer;
  readonly expiresAt?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Where its reply is to come, if that is an inbox of ours. */
  readonly inbox?: string | undefined;
  /** The queue that somebody must consume. */
  readonly worker?: string | undefined;
  /** Asked at the moment of writing: what remains of the time, and where the inbox is by then. */
  properties(link: Link, nowMs: number): Options.Publish;
}
