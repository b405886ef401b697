import { RpcError, type Client } from '../../src/index.js';
import { work } from '../e2e/workers/actions.js';
import type { Attempt, Told } from './checker.js';

export interface LoadOptions {
  readonly client: Client;
  readonly to: string;
  /** Each calls again as soon as it is answered, so that there is always something running and on its way. */
  readonly callers: number;
  readonly timeoutMs?: number;
  /** What the nth request is; by default one with neither key nor lock, over at once. */
  readonly request?: (nth: number) => LoadRequest;
  /** Waits so long after a call that failed; 0 by default. */
  readonly pauseMs?: number;
}

export interface LoadRequest {
  readonly subject: string;
  readonly ms?: number;
  readonly key?: string;
  readonly lock?: string;
}

/** Calls without pause, and notes what became of each. */
export interface Load {
  /** Settled ones, in the order of their ends. */
  readonly attempts: readonly Attempt[];
  /** Resolves once what was called is settled. */
  stop(): Promise<readonly Attempt[]>;
}

export function startLoad(options: LoadOptions): Load {
  const { client, to, callers, timeoutMs = 30_000, pauseMs = 0 } = options;
  const { request = (nth) => ({ subject: `call-${nth}` }) } = options;
  const attempts: Attempt[] = [];
  let called = 0;
  let isOver = false;

  async function call({ subject, ms = 0, key, lock }: LoadRequest): Promise<Attempt> {
    const calledAt = Date.now();
    const told = await client
      .call(work, { subject, ms, lock }, { to, timeoutMs, ...(key !== undefined && { idempotencyKey: key }) })
      .then((): Told => ({ kind: 'value' }), toldOf);
    return {
      ...{ subject, calledAt, timeoutMs, settledAt: Date.now(), told },
      ...(key !== undefined && { key }),
      ...(lock !== undefined && { lock }),
    };
  }

  async function caller(): Promise<void> {
    while (!isOver) {
      const attempt = await call(request((called += 1)));
      attempts.push(attempt);
      if (attempt.told.kind !== 'value') await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  const all = Promise.all(Array.from({ length: callers }, caller));
  return {
    attempts,
    async stop() {
      isOver = true;
      await all;
      return attempts;
    },
  };
}

/** @throws what no caller should ever see. */
export function toldOf(error: unknown): Told {
  if (!(error instanceof RpcError)) throw error;
  return { kind: 'error', code: error.code, outcome: error.outcome };
}
