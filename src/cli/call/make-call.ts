import { onAbort } from '../../core/abort.js';
import type { Action } from '../../core/action.js';
import type { Client } from '../../core/client.js';
import type { Clock } from '../../core/clock.js';
import { RpcError } from '../../core/errors.js';
import type { CallFlags } from './flags.js';

export const defaultTimeoutMs = 30_000;

export interface CallRequest {
  readonly action: Action;
  readonly to: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly key: string | undefined;
  /** Left out: 30,000 for a call, and no deadline for a one-way request. */
  readonly timeoutMs: number | undefined;
}

export type CallResult = { readonly data: unknown } | { readonly error: RpcError };
export type CallEnding = CallResult & { readonly tookMs: number };

/** Makes one call, or leaves one one-way request, as the flags say. Whatever comes from outside is in the ending. */
export async function makeCall(
  client: Pick<Client, 'call' | 'send'>,
  request: CallRequest,
  { flags, clock, signal }: { readonly flags: CallFlags; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<CallEnding> {
  const startedMs = clock.monotonicMs();
  const result = await (
    flags.oneWay ? leave(client, request, flags, clock, signal) : ask(client, request, flags, signal)
  )
    .then((data) => ({ data }))
    .catch((error: unknown) => {
      if (error instanceof RpcError) return { error };
      throw error;
    });
  return { ...result, tookMs: clock.monotonicMs() - startedMs };
}

function ask(
  client: Pick<Client, 'call'>,
  request: CallRequest,
  flags: CallFlags,
  signal: AbortSignal,
): Promise<unknown> {
  const { whenAbsent, persistent } = flags;
  return client.call(request.action, request.body, {
    ...commonOptions(request, flags),
    signal,
    timeoutMs: request.timeoutMs ?? defaultTimeoutMs,
    ...(whenAbsent !== undefined && { whenAbsent }),
    ...(persistent !== undefined && { persistent }),
  });
}

/** A request without a deadline would wait for the broker without an end; a command does not. */
async function leave(
  client: Pick<Client, 'send'>,
  request: CallRequest,
  flags: CallFlags,
  clock: Clock,
  signal: AbortSignal,
): Promise<null> {
  const { timeoutMs } = request;
  const giveUp = new AbortController();
  const off = onAbort(signal, () => giveUp.abort());
  const disarm = clock.after(timeoutMs ?? defaultTimeoutMs, () => giveUp.abort());
  try {
    await client.send(request.action, request.body, {
      ...commonOptions(request, flags),
      signal: giveUp.signal,
      ...(timeoutMs !== undefined && { timeoutMs }),
    });
    return null;
  } catch (error) {
    if (signal.aborted || !giveUp.signal.aborted || !(error instanceof RpcError)) throw error;
    const message = 'the broker did not take the request in time';
    throw new RpcError('deadline_exceeded', message, { outcome: error.outcome, cause: error });
  } finally {
    disarm();
    off();
  }
}

function commonOptions({ to, key }: CallRequest, { group, header }: CallFlags) {
  return {
    to,
    ...(key !== undefined && { idempotencyKey: key }),
    ...(group !== undefined && { groupKey: group }),
    ...(header !== undefined && { headers: header }),
  };
}
