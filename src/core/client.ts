import { createClientSecrets } from '../secrets/client-secrets.js';
import { createKeyring } from '../secrets/keyring.js';
import { createAsk, type OutcomeOptions } from './ask.js';
import type { Errand } from './awaited-call.js';
import type { Action, DeclaredErrorOf, RequestInput, ResponseOf } from './action.js';
import { checkInteger, checkPositive } from './checks.js';
import { systemClock, type Clock } from './clock.js';
import { createContractHeaders } from './contract-fingerprint.js';
import { createCounters } from './counters.js';
import { decodeReply, type DecodeParts } from './decode-reply.js';
import { deliver } from './deliver.js';
import { RpcError } from './errors.js';
import { createExchange } from './exchange.js';
import { silentLog, type Logger } from './log.js';
import type { CallOutcome } from './outcome.js';
import {
  destinationOf,
  draftOf,
  sendOptionsOf,
  type CallOptions,
  type Draft,
  type DraftParts,
  type OneWayOptions,
  type OutgoingCall,
  type ParentCall,
} from './outgoing.js';
import { compose, type Layer } from './pipeline.js';
import { systemRandom, type Random } from './random.js';
import type { SendOptions, Transport, TransportHealth } from './transport.js';

/** Wraps every call on this side: sees the request before, and the value or the RpcError after. */
export type ClientMiddleware = Layer<OutgoingCall, unknown>;

export interface ClientOptions {
  readonly transport: Transport;
  /** Where calls of an action go that name no address: action name to node address. */
  readonly routes?: Readonly<Record<string, string>>;
  /** For calls that name none; 30,000 by default. */
  readonly timeoutMs?: number;
  /** Calls that may wait for replies at once; 10,000 by default. One more fails as `busy`. */
  readonly maxPendingCalls?: number;
  readonly middleware?: readonly ClientMiddleware[];
  /** Fernet keys for the fields that actions declare as `secret(…)`: the first one encrypts, all decrypt. */
  readonly fernetKeys?: readonly string[];
  /** Takes replies whose secrets are not encrypted, from workers that cannot encrypt them. */
  readonly allowPlainSecrets?: boolean;
  readonly log?: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
}

export interface ClientHealth {
  readonly pending: number;
  readonly counters: Readonly<Record<string, number>>;
  readonly transport: TransportHealth;
}

export interface Client extends AsyncDisposable {
  /**
   * Has `action` done at a node, and resolves with its validated answer, by its timeout at the latest.
   * @throws RpcError with code and outcome: whatever comes from outside.
   * @throws TypeError for a mistake in the program: an illegal option, an action that nothing says where to send.
   */
  call<A extends Action>(action: A, request: RequestInput<A>, options?: CallOptions): Promise<ResponseOf<A>>;
  /** Leaves a request that nobody waits for: resolves once the broker has it for good. Errors as `call`. */
  send<A extends Action>(action: A, request: RequestInput<A>, options?: OneWayOptions): Promise<void>;
  /**
   * Asks the workers of an address what became of the calls of `action` with this key, as far as their store knows;
   * nothing is run. The key is that of the call or, where the handler names keys itself, the handler's. What goes wrong
   * with the question is the `reason` of an `unknown`.
   * @throws TypeError for a mistake in the program, and nothing else.
   */
  outcome<A extends Action>(action: A, idempotencyKey: string, options?: OutcomeOptions): Promise<CallOutcome<A>>;
  /** A client whose calls are made for `parent`: they share its deadline, its signal and its ancestors. */
  within(parent: ParentCall): Client;
  health(): ClientHealth;
  /** Ends what is pending as `unavailable` and closes the inbox; the transport stays. Idempotent. */
  close(): Promise<void>;
}

/** Opens no connection by itself: the inbox is opened by the first call. */
export function createClient(options: ClientOptions): Client {
  const { transport, timeoutMs: defaultTimeoutMs = 30_000, maxPendingCalls = 10_000, log = silentLog } = options;
  const { clock = systemClock, random = systemRandom } = options;
  checkPositive(defaultTimeoutMs, 'timeoutMs');
  checkInteger(maxPendingCalls, 'maxPendingCalls');
  const routes = new Map(Object.entries(options.routes ?? {}));
  const counters = createCounters();
  const exchange = createExchange({ transport, clock, random, log, counters, maxPendingCalls });
  const { fernetKeys = [], allowPlainSecrets = false } = options;
  const keyring = fernetKeys.length === 0 ? undefined : createKeyring(fernetKeys, { clock });
  const secrets = createClientSecrets(keyring, allowPlainSecrets);
  const { maxBodyBytes } = transport.traits;
  const making = { clock, random, maxBodyBytes, secrets, contracts: createContractHeaders() };
  const reading = { clock, log, secrets };
  const calling = compose<OutgoingCall, unknown>(options.middleware ?? [], (outgoing) => {
    const timeoutMs = timeoutOf(outgoing.options, outgoing.parent);
    return exchange.call(new CallErrand(outgoing, timeoutMs, making, reading), timeoutMs);
  });

  const ask = createAsk({ exchange, routes, timeoutOf, clock, random, log, secrets });
  let isClosed = false;

  /** A nested call has what is left of its parent's time. */
  function timeoutOf({ timeoutMs = defaultTimeoutMs }: { timeoutMs?: number }, parent?: ParentCall): number {
    if (!parent || parent.limitMs === Infinity) return timeoutMs;
    const leftMs = parent.limitMs - clock.monotonicMs();
    if (leftMs > 0) return Math.min(timeoutMs, leftMs);
    throw new RpcError('deadline_exceeded', 'the time of the request that this call is made for is up', {
      outcome: 'not_executed',
    });
  }

  function begin(action: Action, request: unknown, callOptions: CallOptions, parent?: ParentCall): Promise<unknown> {
    try {
      const to = destinationOf(action, request, callOptions.to, routes);
      return calling({ action, request, to, options: callOptions, parent });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  const client: Client = {
    call: (action, request, callOptions = {}) =>
      begin(action, request, callOptions) as Promise<ResponseOf<typeof action>>,
    async send(action, request, sendOptions = {}) {
      if (isClosed) throw new RpcError('unavailable', 'this client is closed', { outcome: 'not_executed' });
      const to = destinationOf(action, request, sendOptions.to, routes);
      const outgoing = { action, request, to, options: { ...sendOptions, persistent: true }, parent: undefined };
      const message = draftOf(outgoing, sendOptions.timeoutMs, making);
      // A second arrival does what any redelivery may: without a key, a one-way request starts at least once.
      await deliver(transport, to, message, sendOptionsOf(sendOptions), true);
    },
    outcome: (action, key, outcomeOptions = {}) =>
      ask(action, key, outcomeOptions) as Promise<CallOutcome<typeof action>>,
    // Its owner closes the client, not those who were lent it.
    within: (parent) => ({
      ...client,
      close: async () => undefined,
      [Symbol.asyncDispose]: async () => undefined,
      call(action, request, callOptions = {}) {
        if (callOptions.detach) return client.call(action, request, callOptions);
        const signal = joined(callOptions.signal, parent);
        return begin(action, request, { ...callOptions, signal }, parent) as Promise<ResponseOf<typeof action>>;
      },
      outcome(action, key, outcomeOptions = {}) {
        const signal = joined(outcomeOptions.signal, parent);
        return ask(action, key, { ...outcomeOptions, signal }, parent) as Promise<CallOutcome<typeof action>>;
      },
    }),
    health: () => ({ pending: exchange.pending(), counters: counters.snapshot(), transport: transport.health() }),
    async close() {
      isClosed = true;
      await exchange.close();
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
  return client;
}

/** A class: closures for each call would cost more than the rest of it. */
class CallErrand implements Errand {
  readonly to: string;
  readonly signal: AbortSignal | undefined;
  readonly sending: SendOptions | undefined;
  readonly #outgoing: OutgoingCall;
  readonly #timeoutMs: number;
  readonly #making: DraftParts;
  readonly #reading: DecodeParts;

  constructor(outgoing: OutgoingCall, timeoutMs: number, making: DraftParts, reading: DecodeParts) {
    this.to = outgoing.to;
    this.signal = outgoing.options.signal;
    this.sending = sendOptionsOf(outgoing.options);
    this.#outgoing = outgoing;
    this.#timeoutMs = timeoutMs;
    this.#making = making;
    this.#reading = reading;
  }

  draft(): Draft {
    return draftOf(this.#outgoing, this.#timeoutMs, this.#making);
  }

  decode(body: string, id: string): unknown {
    return decodeReply(this.#outgoing.action, body, id, this.#reading);
  }
}

function joined(signal: AbortSignal | undefined, parent: ParentCall): AbortSignal {
  return signal ? AbortSignal.any([signal, parent.signal]) : parent.signal;
}

/**
 * The declared error that a call of `action` failed with, typed; undefined for any other failure:
 * `if (declaredErrorOf(orderCoffeePot, error)?.name === 'out_of_beans') …`
 */
export function declaredErrorOf<A extends Action>(_action: A, error: unknown): DeclaredErrorOf<A> | undefined {
  return error instanceof RpcError ? (error.declared as DeclaredErrorOf<A> | undefined) : undefined;
}
