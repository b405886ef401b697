import type { ClientSecrets } from '../secrets/client-secrets.js';
import type { Action } from './action.js';
import { checkPositive } from './checks.js';
import type { Clock } from './clock.js';
import { RpcError } from './errors.js';
import type { Exchange } from './exchange.js';
import { askedDeadlineHeader, askHeader, isLegalKey, keyHeader } from './headers.js';
import type { Logger } from './log.js';
import { decodeOutcome, type CallOutcome } from './outcome.js';
import { checkedDestination, deadlineOf, type Draft, type ParentCall } from './outgoing.js';
import type { Random } from './random.js';

export interface OutcomeOptions {
  /** The node address that was called; by default the client's route for the action, then the action's own. */
  readonly to?: string;
  /** 30,000 by default. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /**
   * When the call that is asked about stopped waiting, in epoch milliseconds: `deadline` of the RpcError that it failed
   * with; of several calls with the key, the latest one. Without it, no answer is `not_executed`.
   */
  readonly deadline?: number | undefined;
}

/** Asks what became of a call; what goes wrong with the question is in the answer. */
export type Ask = (
  action: Action,
  idempotencyKey: string,
  options: OutcomeOptions,
  parent?: ParentCall,
) => Promise<CallOutcome>;

export function createAsk(parts: {
  exchange: Pick<Exchange, 'call'>;
  routes: ReadonlyMap<string, string>;
  /** @throws RpcError if the parent's time is up. */
  timeoutOf(options: { readonly timeoutMs?: number }, parent: ParentCall | undefined): number;
  clock: Clock;
  random: Random;
  log: Logger;
  secrets: ClientSecrets;
}): Ask {
  const { exchange, routes } = parts;

  return async (action, key, options, parent) => {
    check(key, options);
    // Without a key the answer could not be read.
    parts.secrets.of(action);
    const { signal } = options;
    const to = options.to ?? routes.get(action.name) ?? ownAddressOf(action);
    const errand = {
      ...{ to: checkedDestination(action.name, to), signal },
      sending: { question: true, ...(signal && { signal }) },
      decode: (body: string, id: string) => decodeOutcome(action, body, id, parts),
    };
    try {
      const timeoutMs = parts.timeoutOf(options, parent);
      const draft = (): Draft => questionOf(action, key, options, timeoutMs, parts);
      return (await exchange.call({ ...errand, draft }, timeoutMs)) as CallOutcome;
    } catch (error) {
      // Thrown, it could be taken for what became of the call.
      if (error instanceof RpcError) return { state: 'unknown', reason: error };
      throw error;
    }
  };
}

function check(idempotencyKey: unknown, { timeoutMs, deadline }: OutcomeOptions): void {
  if (typeof idempotencyKey !== 'string' || !isLegalKey(idempotencyKey)) {
    throw new TypeError('expected idempotencyKey to be 1 to 255 printable ASCII characters');
  }
  checkPositive(timeoutMs, 'timeoutMs');
  checkPositive(deadline, 'deadline');
}

/** A function of the request cannot tell. */
function ownAddressOf({ to }: Action): string | undefined {
  return typeof to === 'function' ? undefined : to;
}

function questionOf(
  { name }: Action,
  key: string,
  { deadline }: OutcomeOptions,
  timeoutMs: number,
  { clock, random }: { clock: Clock; random: Random },
): Draft {
  return {
    id: random.uuid(),
    action: name,
    body: '{}',
    headers: {
      [askHeader]: 'outcome',
      [keyHeader]: key,
      ...(deadline !== undefined && { [askedDeadlineHeader]: String(Math.ceil(deadline)) }),
    },
    persistent: false,
    expiresAt: deadlineOf(clock, timeoutMs),
  };
}
