import type { CallView, ObserveEnd, ObserveStage } from '../middleware/observe.js';
import { invalidRequest } from '../middleware/validate.js';
import { Call, Draining, type Answer, type Result } from './call.js';
import type { Cancels } from './cancels.js';
import type { Clock } from './clock.js';
import type { Counters } from './counters.js';
import { RpcError } from './errors.js';
import { isTooDeep } from './json.js';
import type { Logger } from './log.js';
import type { Step } from './pipeline.js';
import type { Recent } from './recent.js';
import type { Registry } from './registry.js';
import { isRecord } from './reply.js';
import type { Responder } from './responder.js';
import { ack, answerOf, giveBack, type Results } from './result.js';
import type { Runs } from './runs.js';
import type { Delivery, Disposition, Message } from './transport.js';

/** Takes deliveries of requests from a transport, answers them, and says how to settle them. */
export interface Dispatcher {
  receive(address: string, delivery: Delivery): Promise<Disposition>;
  /** A control message of the transport: somebody gave up on a call. */
  control(message: Message, sender: string | undefined): void;
  /** The reply of a call whose run has not ended. */
  answerEarly(call: Call, error: RpcError): void;
  /** Starts nothing from now on: what waits goes back at once. */
  drain(): void;
  /** Aborts the runs that are left; what they do not finish goes back too. */
  abortRuns(): void;
  /** Resolves when nothing is in hand. */
  idle(): Promise<void>;
  readonly inFlight: number;
}

export interface DispatcherParts {
  readonly registry: Registry;
  /** The way of a request from its handler's lookup to its result, by action. */
  readonly pipelines: ReadonlyMap<string, Step<Call, Result>>;
  readonly responder: Responder;
  readonly results: Results;
  readonly runs: Runs;
  readonly recent: Recent;
  readonly cancels: Cancels;
  readonly counters: Counters;
  readonly observe: ObserveStage;
  readonly observeEnd: ObserveEnd;
  readonly clock: Clock;
  readonly log: Logger;
  readonly clockSkewMs: number;
}

export function createDispatcher(parts: DispatcherParts): Dispatcher {
  const { registry, pipelines, responder, results, runs, recent, cancels, counters, observe, observeEnd, clock, log } =
    parts;
  const calls = new Map<string, Call>();
  const idleWaiters = new Set<() => void>();
  let inFlight = 0;
  let isDraining = false;

  function done(): void {
    if (--inFlight > 0) return;
    for (const resolve of idleWaiters) resolve();
    idleWaiters.clear();
  }

  async function handle(address: string, delivery: Delivery): Promise<Disposition> {
    inFlight++;
    try {
      observe?.('received', viewOf(address, delivery));
      const call = open(address, delivery);
      if (call instanceof RpcError) return await refuse(address, delivery, call);
      return await run(call);
    } finally {
      done();
    }
  }

  /** Reads a delivery as far as an action's handler needs it, or says why it cannot be read. */
  function open(address: string, delivery: Delivery): Call | RpcError {
    const { message, unreadable } = delivery;
    const { id, action, body } = message;
    if (unreadable === 'too_large')
      return new RpcError('too_large', 'the request is larger than this worker takes', { id });
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
    if (!handler) {
      return new RpcError('unknown_action', `no handler here for the action ${JSON.stringify(action ?? '')}`, { id });
    }
    const call = new Call(delivery, address, handler, parsed, clock.monotonicMs());
    call.limitMs = limitOf(delivery, call.arrivedMs);
    observe?.('parsed', call);
    return call;
  }

  /** The earlier of what the sender said and what the broker would have kept it for; only the first needs equal clocks. */
  function limitOf({ message: { expiresAt }, timeToLiveMs }: Delivery, arrivedMs: number): number {
    const leftMs = expiresAt === undefined ? Infinity : expiresAt + parts.clockSkewMs - clock.now();
    return arrivedMs + Math.min(leftMs, timeToLiveMs ?? Infinity);
  }

  async function refuse(address: string, delivery: Delivery, error: RpcError): Promise<Disposition> {
    const { message } = delivery;
    const arrivedMs = clock.monotonicMs();
    counters.add(error.code);
    log.debug({ id: message.id, action: message.action, code: error.code }, 'a request was refused');
    const answer = answerOf(error, message.id);
    await responder.reply(message, answer);
    recent.ended(delivery, ack, answer);
    observeEnd?.(viewOf(address, delivery), {
      code: error.code,
      disposition: 'ack',
      tookMs: clock.monotonicMs() - arrivedMs,
    });
    return ack;
  }

  async function run(call: Call): Promise<Disposition> {
    const { delivery, id } = call;
    calls.set(id, call);
    const onLost = (): void => runs.cancel(call, call.lose('delivery', delivery.signal?.reason));
    delivery.signal?.addEventListener('abort', onLost, { once: true });
    let result: Result;
    try {
      if (cancels.take(id, call.caller)) call.cancel(cancelledByCaller(call));
      // The pipeline of every registered action was composed at the start.
      result = await (pipelines.get(call.action) as Step<Call, Result>)(call);
    } catch (error) {
      result = results.ofThrown(call, error);
    }
    const { answer, disposition } = result;
    if (answer) await answerOnce(call, answer);
    else if (call.early) await call.early;
    if (calls.get(id) === call) calls.delete(id);
    delivery.signal?.removeEventListener('abort', onLost);
    recent.ended(delivery, disposition, answer);
    counters.add(answer?.error?.code ?? (answer ? 'succeeded' : disposition.kind));
    observeEnd?.(call, {
      code: answer?.error?.code,
      disposition: disposition.kind,
      tookMs: clock.monotonicMs() - call.arrivedMs,
    });
    return disposition;
  }

  async function answerOnce(call: Call, answer: Answer): Promise<void> {
    if (call.early) return call.early;
    if (!call.isAnswerable) return;
    observe?.('reply-published', call);
    await responder.reply(call.message, answer);
    observe?.('reply-confirmed', call);
  }

  /** The broker hands out again what this process has, or had, in hand: it is not run a second time. */
  async function rejoin(delivery: Delivery): Promise<Disposition | undefined> {
    const earlier = recent.find(delivery);
    if (!earlier) return undefined;
    counters.add('rejoined');
    if (earlier.state === 'running') return earlier.settled;
    if (earlier.answer) await responder.reply(delivery.message, earlier.answer);
    return ack;
  }

  return {
    async receive(address, delivery) {
      if (delivery.redelivered) {
        const joined = await rejoin(delivery);
        if (joined) return joined;
      }
      if (isDraining) return giveBack;
      const settled = handle(address, delivery);
      recent.began(delivery, settled);
      return settled;
    },
    control({ action, correlationId }, sender) {
      if (action !== 'samovar.cancel' || correlationId === undefined) return;
      const call = calls.get(correlationId);
      if (!call) {
        cancels.add(correlationId, sender);
        return;
      }
      if (call.caller !== sender) {
        counters.add('refused_cancels');
        return;
      }
      runs.cancel(call, cancelledByCaller(call));
    },
    answerEarly(call, error) {
      call.early ??= responder.reply(call.message, answerOf(error, call.id));
    },
    drain() {
      isDraining = true;
      for (const call of calls.values()) if (!call.started) call.cancel(new Draining());
    },
    abortRuns() {
      for (const call of runs.all()) runs.cancel(call, new Draining());
    },
    idle: () => (inFlight === 0 ? Promise.resolve() : new Promise((resolve) => idleWaiters.add(resolve))),
    get inFlight() {
      return inFlight;
    },
  };
}

function viewOf(address: string, { message: { id, action = '' }, sender: caller }: Delivery): CallView {
  return { id, action, address, caller };
}

function unparsable(id: string, message: string): RpcError {
  return invalidRequest(id, [{ location: [], message, type: 'invalid_body' }]);
}

function cancelledByCaller(call: Call): RpcError {
  const outcome = call.started || call.isAttached ? 'unknown' : 'not_executed';
  return new RpcError('cancelled', 'the caller gave up', { id: call.id, outcome });
}
