import { createManualClock, createSeededRandom, type TransportHarness } from '../../src/testing/index.js';
import { createMemoryBroker, type MemoryBrokerOptions } from '../../transports/memory/index.js';

export interface MemoryHarnessOptions extends MemoryBrokerOptions {
  /** Hand over by timers of the virtual clock, a millisecond each, as a simulation does. */
  readonly turnsByClock?: boolean;
}

/** The memory transport in virtual time. */
export function createMemoryHarness({ turnsByClock, ...options }: MemoryHarnessOptions = {}): TransportHarness {
  const time = createManualClock();
  const leaseMs = 30_000;
  const turns: MemoryBrokerOptions = turnsByClock ? { schedule: (turn) => void time.after(1, turn) } : {};
  const broker = createMemoryBroker({ clock: time, random: createSeededRandom(1), leaseMs, ...turns, ...options });
  const { traits } = broker.connect();
  let addresses = 0;
  return {
    name: 'memory',
    traits,
    patienceMs: 10_000,
    leaseMs,
    users: ['ann', 'bob'],
    time,
    connect: async ({ user = 'ann' } = {}) => broker.connect({ user }),
    freshAddress: () => `address-${(addresses += 1)}`,
    deadLetters: async (address) => broker.deadLetters(address),
    async cut() {
      for (const connection of broker.connections) connection.cut();
    },
    async crashBroker() {
      broker.crash();
      broker.start();
    },
    async destroy() {
      await Promise.all(broker.connections.map((connection) => connection.close()));
    },
  };
}
