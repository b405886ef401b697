import { addressExchange, controlExchange, ladder, quarantineQueue, retryQueue, type Rung } from './names.js';
import type { AmqpSettings, ExchangeType, ReplyRoute } from './options.js';
import { queueArguments, type BrokerVersion } from './versions.js';

export interface DeclaredExchange {
  readonly kind: 'exchange';
  readonly name: string;
  readonly type: ExchangeType;
  readonly durable: boolean;
}

export interface DeclaredQueue {
  readonly kind: 'queue';
  readonly name: string;
  readonly durable: boolean;
  readonly exclusive: boolean;
  readonly arguments: Readonly<Record<string, string | number>>;
}

export interface DeclaredBinding {
  readonly kind: 'binding';
  readonly queue: string;
  readonly exchange: string;
  /** The queue's own name where none is given. */
  readonly key?: string;
}

export type Declaration = DeclaredExchange | DeclaredQueue | DeclaredBinding;

/** Something is published to an exchange; `from` is one that the same user may read, if it needs to be asked about. */
export interface Publishing {
  readonly kind: 'publishing';
  readonly exchange: string;
  readonly from: string;
}

/** All that one role does on the broker. What is declared, what is asked for at the start and what is printed come from here. */
export interface Plan {
  readonly declares: readonly Declaration[];
  /** '' is the default exchange. */
  readonly publishes: readonly Publishing[];
  readonly consumes: string;
}

/** A quarantine holds so much at most; then nothing more goes in, and the delivery goes back. */
const quarantineLimits = { 'x-max-length': 100_000, 'x-max-length-bytes': 2 ** 30, 'x-overflow': 'reject-publish' };
/** An inbox that nobody consumes for so long is gone. */
const inboxExpiresMs = 300_000;

export type PlanSettings = Pick<AmqpSettings, 'exchangeTypes' | 'durableExchanges' | 'queueType' | 'inbox'>;

export function actionExchange(
  { exchangeTypes, durableExchanges }: Pick<PlanSettings, 'exchangeTypes' | 'durableExchanges'>,
  action: string,
): DeclaredExchange {
  return { kind: 'exchange', name: action, type: exchangeTypes.get(action) ?? 'direct', durable: durableExchanges };
}

/** The exchange that copies go through, by its own name. */
export function copyExchange(name: string): DeclaredExchange {
  return { kind: 'exchange', name, type: 'direct', durable: true };
}

/** That, and the way from it to the address's queue. */
export function copyRoute(address: string): Declaration[] {
  return [copyExchange(addressExchange(address)), binding(address, addressExchange(address))];
}

export function binding(queue: string, exchange: string): DeclaredBinding {
  return { kind: 'binding', queue, exchange };
}

/** The queues of an address, each by what it is for. */
export function planQueues({ queueType }: Pick<PlanSettings, 'queueType'>, version: BrokerVersion) {
  const ofType = queueArguments(queueType, version);

  function durable(name: string, extra: DeclaredQueue['arguments']): DeclaredQueue {
    return { kind: 'queue', name, durable: true, exclusive: false, arguments: { ...ofType, ...extra } };
  }

  function copies(address: string, name: string, extra: DeclaredQueue['arguments']): Declaration[] {
    return [durable(name, extra), binding(name, addressExchange(address))];
  }

  return {
    requests: (address: string) => durable(address, {}),
    quarantine: (address: string) => copies(address, quarantineQueue(address), quarantineLimits),
    retry: (address: string, rung: Rung) =>
      // No x-expires: it takes a queue that only holds messages for unused, and deletes it with them.
      copies(address, retryQueue(address, rung), {
        'x-message-ttl': rung.ms,
        'x-dead-letter-exchange': addressExchange(address),
        'x-dead-letter-routing-key': address,
      }),
  };
}

export function planWorker(
  settings: PlanSettings,
  version: BrokerVersion,
  worker: { readonly address: string; readonly actions: readonly string[]; readonly replyRoute: ReplyRoute },
): Plan {
  const { address, actions, replyRoute } = worker;
  const queues = planQueues(settings, version);
  const from = addressExchange(address);
  return {
    declares: [
      queues.requests(address),
      ...copyRoute(address),
      ...queues.quarantine(address),
      ...ladder.flatMap((rung) => queues.retry(address, rung)),
      ...actions.flatMap((action) => [actionExchange(settings, action), binding(address, action)]),
    ],
    publishes: [from, ...(replyRoute === 'default' ? [''] : actions)].map((exchange) => ({
      kind: 'publishing',
      exchange,
      from,
    })),
    consumes: address,
  };
}

/** The inbox by its own name; where it is exclusive the broker names it. */
export function inboxQueue({ inbox }: Pick<PlanSettings, 'inbox'>, name: string): DeclaredQueue {
  return inbox === 'durable'
    ? { kind: 'queue', name, durable: true, exclusive: false, arguments: { 'x-expires': inboxExpiresMs } }
    : { kind: 'queue', name, durable: false, exclusive: true, arguments: {} };
}

/**
 * A caller declares the exchanges of the actions that it calls, too, as existing callers do, but it needs no right to:
 * what nobody has declared is unroutable, whether it may be declared or not.
 */
export function planCaller(
  settings: PlanSettings,
  caller: { readonly inbox: string; readonly actions: readonly string[]; readonly replyRoute: ReplyRoute },
): Plan {
  const { inbox, actions, replyRoute } = caller;
  return {
    declares: [
      inboxQueue(settings, inbox),
      ...(replyRoute === 'default' ? [] : actions.map((action) => binding(inbox, action))),
    ],
    publishes: [...actions, controlExchange].map((exchange) => ({ kind: 'publishing', exchange, from: exchange })),
    consumes: inbox,
  };
}
