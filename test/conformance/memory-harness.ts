import { createManualClock, createSeededRandom, type TransportHarness } from '../../src/testing/index.js';
import { createMemoryBroker, type MemoryBroker, type MemoryBrokerOptions } from '../../transports/memory/index.js';

/** The memory transport in virtual time. A test that needs the broker itself makes it in `brokerOf`. */
export function createMemoryHarness(
  options: MemoryBrokerOptions = {},
  brokerOf: (options: MemoryBrokerOptions) => MemoryBroker = createMemoryBroker,
): TransportHarness {
  const time = createManualClock();
  const leaseMs = 30_000;
  const broker = brokerOf({ clock: time, random: createSeededRandom(1), leaseMs, ...options });
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
