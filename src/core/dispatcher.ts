import type { CallView } from '../middleware/observe.js';
import { ack, answerOf, giveBack, type Answer, type Result } from './answer.js';
import { onAbort } from './abort.js';
import { Call, Draining, isForOthers } from './call.js';
import type { Cancels } from './cancels.js';
import { RpcError } from './errors.js';
import type { WorkerParts } from './parts.js';
import type { Step } from './pipeline.js';
import type { ReadRequest } from './read-request.js';
import type { Recent } from './recent.js';
import type { Answering, Responder } from './responder.js';
import type { Delivery, Disposition, Message } from './transport.js';

/** Takes deliveries of requests from a transport, answers them, and says how to settle them. */
export interface Dispatcher {
  receive(address: string, delivery: Delivery): Promise<Disposition>;
  /** A control message of the transport: somebody gave up on a call. */
  control(message: Message, sender: string | undefined): void;
  /** The reply of a call whose run has not ended. */
  answerEarly(call: Call, error: RpcError): void;
  /** Starts nothing from now on: what waits goes back at once, but for what a running handler here waits for. */
  drain(): void;
  /** Aborts what is left; what it does not finish goes back, too. */
  abort(): void;
  /** Resolves when nothing is in hand. */
  idle(): Promise<void>;
  inFlight(): number;
}

export interface DispatcherParts extends Pick<
  WorkerParts,
  'results' | 'inHand' | 'counters' | 'observe' | 'observeEnd' | 'clock' | 'log'
> {
  readonly read: ReadRequest;
  /** The way of a request to its result, by action. */
  readonly pipelines: ReadonlyMap<string, Step<Call, Result>>;
  readonly responder: Responder;
  readonly recent: Recent;
  readonly cancels: Cancels;
}

export function createDispatcher(parts: DispatcherParts): Dispatcher {
  const { read, pipelines, responder, results, inHand, recent, cancels, counters, observe, observeEnd, clock } = parts;
  const idleWaiters = new Set<() => void>();
  let inFlight = 0;
  let isDraining = false;

  function done(): void {
    if (--inFlight > 0 || idleWaiters.size === 0) return;
    for (const resolve of idleWaiters) resolve();
    idleWaiters.clear();
  }

  async function refuse(view: CallView, delivery: Delivery, error: RpcError): Promise<Disposition> {
    const { message } = delivery;
    const arrivedMs = clock.monotonicMs();
    counters.add(error.code);
    parts.log.debug({ ...view, code: error.code }, 'a request was refused');
    await responder.reply(message, answerOf(error, message.id), answering(delivery));
    const tookMs = clock.monotonicMs() - arrivedMs;
    observeEnd?.(view, { code: error.code, outcome: error.outcome, disposition: 'ack', tookMs });
    done();
    return ack;
  }

  /** However it ends, nothing of the call stays in hand. */
  async function hold(call: Call): Promise<Disposition> {
    const { signal } = call.delivery;
    inHand.add(call);
    const off = signal && onAbort(signal, () => inHand.cancel(call, call.lose('delivery', signal.reason)));
    try {
      observe?.('parsed', call);
      let result: Result;
      try {
        result = await run(call);
      } catch (error) {
        result = results.ofThrown(call, error);
      } finally {
        call.isTimed = false;
        call.freeSlot();
      }
      const { answer } = result;
      const isLeft = call.leaveToOthers(answer);
      if (answer && call.isAnswerable && !call.early && !isLeft) {
        observe?.('reply-published', call);
        await responder.reply(call.message, answer, call);
        observe?.('reply-confirmed', call);
      }
      if (call.early) await call.early;
      noteEnd(call, result);
      return result.disposition;
    } finally {
      off?.();
      inHand.remove(call);
      done();
    }
  }

  function run(call: Call): Promise<Result> {
    // What an operator sends again is wanted, whatever its caller has said before.
    const isWanted = call.delivery.redriven !== undefined;
    if (!isWanted && cancels.take(call.id, call.caller)) call.cancel(cancelledByCaller(call));
    // The pipeline of every registered action was composed at the start.
    return (pipelines.get(call.action) as Step<Call, Result>)(call);
  }

  function noteEnd(call: Call, { answer, disposition }: Result): void {
    if (disposition.kind === 'ack' && !call.isLeftToOthers) recent.add(call, answer);
    counters.add(answer?.error?.code ?? (answer ? 'succeeded' : disposition.kind));
    if (!observeEnd) return;
    const { code, outcome } = answer?.error ?? {};
    const tookMs = clock.monotonicMs() - call.arrivedMs;
    observeEnd(call, { code, outcome, disposition: disposition.kind, tookMs });
  }

  /** The broker hands out again what this process has, or had, in hand: it is not run a second time. */
  function rejoin(address: string, delivery: Delivery): Promise<Disposition> | undefined {
    const { message, sender } = delivery;
    const running = inHand.find(message.id);
    if (
      running &&
      running.action === message.action &&
      running.caller === sender &&
      running.message.body === message.body
    ) {
      counters.add('rejoined');
      // What was not answered because its delivery was lost is, once it has ended, a request of its own.
      return running.settled?.then((settled) => (running.isLeftToOthers ? receive(address, delivery) : settled));
    }
    const settled = recent.find(delivery);
    if (!settled) return undefined;
    counters.add('answered_again');
    return answerAgain(delivery, settled.answer);
  }

  async function answerAgain(delivery: Delivery, answer: Answer | undefined): Promise<Disposition> {
    inFlight++;
    if (answer) await responder.reply(delivery.message, answer, answering(delivery));
    done();
    return ack;
  }

  function receive(address: string, delivery: Delivery): Promise<Disposition> {
    const rejoined = delivery.redelivered ? rejoin(address, delivery) : undefined;
    if (rejoined) return rejoined;
    if (isDraining) return Promise.resolve(giveBack);
    if (observe) observe('received', viewOf(address, delivery));
    inFlight++;
    const call = read(address, delivery);
    if (!(call instanceof Call)) return refuse(viewOf(address, delivery), delivery, call);
    call.settled = hold(call);
    return call.settled;
  }

  return {
    receive,
    control({ action, correlationId }, sender) {
      if (action !== 'samovar.cancel' || correlationId === undefined) return;
      const call = inHand.find(correlationId);
      if (!call) {
        cancels.add(correlationId, sender);
        return;
      }
      if (call.caller !== sender) {
        counters.add('refused_cancels');
        return;
      }
      inHand.cancel(call, cancelledByCaller(call));
    },
    answerEarly(call, error) {
      call.early ??= responder.reply(call.message, answerOf(error, call.id));
    },
    drain() {
      isDraining = true;
      for (const call of inHand.all()) {
        if (!call.started && inHand.ancestorsOf(call).length === 0) call.cancel(new Draining());
      }
    },
    abort() {
      for (const call of inHand.all()) inHand.cancel(call, new Draining());
    },
    idle: () => (inFlight === 0 ? Promise.resolve() : new Promise((resolve) => idleWaiters.add(resolve))),
    inFlight() {
      return inFlight;
    },
  };
}

function viewOf(address: string, { message: { id, action = '' }, sender: caller }: Delivery): CallView {
  return { id, action, address, caller };
}

function answering(delivery: Delivery): Answering {
  return { delivery, leaveToOthers: (answer) => isForOthers(delivery, answer) };
}

function cancelledByCaller(call: Call): RpcError {
  const outcome = call.mayHaveStarted ? 'unknown' : 'not_executed';
  return new RpcError('cancelled', 'the caller gave up', { id: call.id, outcome });
}
