import { Call } from './call.js';
import type { Clock } from './clock.js';
import { invalidRequest, RpcError } from './errors.js';
import { isTooDeep } from './json.js';
import type { Registry } from './registry.js';
import { isRecord } from './reply.js';
import type { Delivery } from './transport.js';

/** Reads a delivery as far as an action's handler needs it, or says why it cannot be read. */
export type ReadRequest = (address: string, delivery: Delivery) => Call | RpcError;

export function createReadRequest(parts: { registry: Registry; clock: Clock; clockSkewMs: number }): ReadRequest {
  const { registry, clock, clockSkewMs } = parts;

  /** The earlier of what the sender said and what the broker would have kept it for; only the first needs equal clocks. */
  function timesOf({ message: { expiresAt }, timeToLiveMs }: Delivery): { arrivedMs: number; limitMs: number } {
    const arrivedMs = clock.monotonicMs();
    const leftMs = expiresAt === undefined ? Infinity : expiresAt + clockSkewMs - clock.now();
    return { arrivedMs, limitMs: arrivedMs + Math.min(leftMs, timeToLiveMs ?? Infinity) };
  }

  return (address, delivery) => {
    const { message, unreadable } = delivery;
    const { id, action, body } = message;
    if (unreadable === 'too_large') {
      return new RpcError('too_large', 'the request is larger than this worker takes', { id });
    }
    if (unreadable !== undefined) return unparsable(id, `expected JSON in UTF-8, got ${unreadable}`);
    if (isTooDeep(body)) return unparsable(id, 'expected at most 64 levels of nesting');
    let parsed: unknown;
    try {
      parsed = JSON.parse(body);
    } catch {
      return unparsable(id, 'expected JSON');
    }
    if (!isRecord(parsed)) return unparsable(id, 'expected a JSON object');
    const handler = action === undefined ? undefined : registry.get(action);
    if (handler) return new Call(delivery, address, handler, parsed, timesOf(delivery));
    return new RpcError('unknown_action', `no handler here for the action ${JSON.stringify(action ?? '')}`, { id });
  };
}

function unparsable(id: string, message: string): RpcError {
  return invalidRequest(id, [{ location: [], message, type: 'invalid_body' }]);
}
