import type { Clock } from '../../core/clock.js';
import type { Logger } from '../../core/log.js';
import type { Random } from '../../core/random.js';

/** What the stores use of a node-redis client or cluster. */
export interface RedisClient {
  readonly isOpen: boolean;
  readonly isReady?: boolean;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  on(event: 'ready', listener: () => void): unknown;
  connect(): Promise<unknown>;
  destroy(): void;
  evalSha(sha: string, options: ScriptOptions): Promise<unknown>;
  eval(script: string, options: ScriptOptions): Promise<unknown>;
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
}

export interface ScriptOptions {
  keys: string[];
  arguments: string[];
}

/** A client or cluster of node-redis: copied, never used itself, so it need not be connected. */
export interface RedisClientSource {
  duplicate(overrides: object): unknown;
}

export interface RedisStoreOptions {
  /** `redis://` or `rediss://`, with user, password and number of the database. Either this or `client`. */
  readonly url?: string;
  /**
   * What `createClient` or `createCluster` of node-redis returned, with all your options. Two connections like it are
   * opened and closed here; the client itself is never used, and remains yours to connect or close.
   */
  readonly client?: RedisClientSource;
  /** Workers with one namespace share locks and answers; `samovar` by default. All its keys lie in one slot of a cluster. */
  readonly namespace?: string;
  /** How long one step may take before it fails as `unavailable`; 2 s by default. Keep it well below the lease. */
  readonly commandTimeoutMs?: number;
  /** Hears when Redis goes away and comes back. */
  readonly log?: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** The start of each key: what is in braces is all that a cluster looks at to find the node. */
export function keyPrefix(namespace = 'samovar'): string {
  if (namespace === '' || /[{}]/.test(namespace)) {
    throw new TypeError(
      `expected a namespace of at least one character and without braces, got ${JSON.stringify(namespace)}`,
    );
  }
  return `{${namespace}}:`;
}

export function positive(name: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw new TypeError(`expected ${name} to be a positive number, got ${value}`);
}
