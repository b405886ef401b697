import type { Clock } from './clock.js';
import type { RpcError } from './errors.js';
import { IdTable, type Identified } from './id-table.js';

/** A call that waits for its reply. */
export interface PendingCall extends Identified<PendingCall> {
  resolve(body: string): void;
  reject(error: RpcError): void;
  /** What it fails with once its time is up. */
  timedOut(): RpcError;
  /** Ends the watch over its time. */
  disarm: (() => void) | undefined;
  /** 'opening': its inbox is not there yet. 'sending': not known to be with the broker. 'sent': there, or maybe there. */
  phase: 'opening' | 'sending' | 'sent';
  /** It was sent again under its id: there may be two of it. */
  wasRepeated: boolean;
}

/** The calls of one client that wait, by message id. Each ends exactly once. */
export interface PendingCalls {
  add(call: PendingCall, timeoutMs: number): void;
  /** False if nobody waits for it: it came late, twice, or for somebody else. */
  settle(id: string, body: string): boolean;
  fail(id: string, error: RpcError): boolean;
  has(id: string): boolean;
  all(): PendingCall[];
  size(): number;
}

export function createPendingCalls(clock: Clock): PendingCalls {
  const calls = new IdTable<PendingCall>();

  function take(id: string): PendingCall | undefined {
    const call = calls.find(id);
    if (!call) return undefined;
    calls.delete(call);
    call.disarm?.();
    return call;
  }

  return {
    add(call, timeoutMs) {
      call.disarm = clock.after(timeoutMs, () => take(call.id)?.reject(call.timedOut()));
      calls.add(call);
    },
    settle(id, body) {
      const call = take(id);
      call?.resolve(body);
      return call !== undefined;
    },
    fail(id, error) {
      const call = take(id);
      call?.reject(error);
      return call !== undefined;
    },
    has: (id) => calls.find(id) !== undefined,
    all: () => calls.all(),
    size() {
      return calls.size;
    },
  };
}
