import type { Quarantine } from '../../src/core/quarantine.js';
import { TransportError, type Message } from '../../src/core/transport.js';
import type { DeadLetter } from './dead-letters.js';
import { inboxPrefix, type BrokerCore, type Sent } from './broker-core.js';
import { StoredMessage } from './message.js';
import { memorySettings, type MemoryBrokerOptions } from './options.js';
import { createQueue, type MemoryQueue } from './queue.js';
import { createTransport, type MemoryConnectOptions, type MemoryTransport } from './transport.js';
import { createMemoryQuarantine } from './quarantine.js';
import { createTurns } from './turns.js';

/** A broker within this process: any number of transports connect to it and reach each other. */
export interface MemoryBroker {
  /** A connection of its own, as a process would have; not ready while the broker is stopped. */
  connect(options?: MemoryConnectOptions): MemoryTransport;
  /** What was set aside from an address. */
  deadLetters(address: string): readonly DeadLetter[];
  /** The same, to be listed, redriven and purged as on any broker; see `openQuarantine`. */
  quarantine(address: string): Quarantine;
  /** How many messages wait at an address, those that come back later included, those handed out not. */
  depth(address: string): number;
  /** Takes nothing from senders until `unblock`; consuming goes on. */
  block(): void;
  unblock(): void;
  /** Goes down in good order: connections are lost, messages stay. */
  stop(): void;
  /** Goes down as if killed: what waits and may not survive that is gone (`traits.survivesBrokerCrash`). Then `start`. */
  crash(): void;
  start(): void;
  /** The connections that are open now. */
  readonly connections: readonly MemoryTransport[];
  /** How often what happened; `expired`, `leases_lapsed`, `late_settles`, `quarantine_full`, `control_unheard`. */
  readonly counters: Readonly<Record<string, number>>;
}

export function createMemoryBroker(options: MemoryBrokerOptions = {}): MemoryBroker {
  const settings = memorySettings(options);
  const { traits } = settings;
  const turns = createTurns(settings.schedule);
  const queues = new Map<string, MemoryQueue>();
  const connections = new Set<ReturnType<typeof createTransport>>();
  const counters: Record<string, number> = {};
  let state: ReturnType<BrokerCore['state']> = 'ready';
  let epoch = 0;

  const count = (what: string): void => void (counters[what] = (counters[what] ?? 0) + 1);

  function declare(name: string, actions: readonly string[] | undefined): MemoryQueue {
    let queue = queues.get(name);
    if (!queue) {
      queue = createQueue(name, actions && new Set(), { settings, turns, count });
      queues.set(name, queue);
    }
    for (const action of actions ?? []) queue.actions?.add(action);
    return queue;
  }

  function route(address: string, action: string | undefined): MemoryQueue | TransportError {
    const queue = queues.get(address);
    const kept = !traits.reportsUnroutable && !address.startsWith(inboxPrefix);
    if (!queue) return kept ? declare(address, []) : unroutable(`nobody ever consumed '${address}'`);
    if (action === undefined || !queue.actions || queue.actions.has(action) || kept) return queue;
    return unroutable(`nobody answers '${action}' at '${address}'`);
  }

  function accept(address: string, message: Message, from: Sent): TransportError | undefined {
    const queue = route(address, message.action);
    if (queue instanceof TransportError) return queue;
    if (from.requireWorker && traits.reportsNoWorker && queue.holders.length === 0) {
      return new TransportError('no_worker', `expected a worker at '${address}', got none: start one`, { sent: 'no' });
    }
    if (queue.add(new StoredMessage(message, from.sender, undefined))) return undefined;
    return new TransportError('rejected', `expected room at '${address}', got ${queue.length()} messages waiting`, {
      sent: 'no',
    });
  }

  function control(address: string, message: Message, sender: string | undefined): void {
    if (!traits.canCancel) {
      count('control_unheard');
      return;
    }
    turns(() => {
      for (const holder of queues.get(address)?.holders ?? []) holder.control?.(message, sender);
    });
  }

  function change(to: ReturnType<BrokerCore['state']>): void {
    state = to;
    for (const connection of [...connections]) connection.follow();
  }

  const core: BrokerCore = {
    settings,
    turns,
    state() {
      return state;
    },
    epoch() {
      return epoch;
    },
    declare,
    remove: (name) => void queues.delete(name),
    accept,
    control,
    count,
    counters,
  };

  return {
    connect(connectOptions = {}) {
      const connected = createTransport(core, connectOptions, () => connections.delete(connected));
      connections.add(connected);
      return connected.transport;
    },
    deadLetters: (address) => [...(queues.get(address)?.deadLetters.list ?? [])],
    quarantine: (address) => createMemoryQuarantine(address, settings, () => queues.get(address)),
    depth: (address) => queues.get(address)?.length() ?? 0,
    block() {
      if (state === 'ready') change('blocked');
    },
    unblock() {
      if (state === 'blocked') change('ready');
    },
    stop: () => change('down'),
    crash() {
      change('down');
      epoch += 1;
      if (!traits.survivesBrokerCrash) queues.clear();
      for (const queue of queues.values()) queue.forget((message) => message.persistent === true);
    },
    start() {
      if (state === 'down') change('ready');
    },
    get connections() {
      return [...connections].map(({ transport }) => transport);
    },
    counters,
  };
}

function unroutable(why: string): TransportError {
  return new TransportError('unroutable', `expected a worker to have been there, but ${why}`, { sent: 'no' });
}
