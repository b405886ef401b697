import type { TransportTraits } from '../../src/core/transport.js';
import { lying, type Mutant } from './mutants-making.js';

interface Lie {
  readonly says?: Partial<TransportTraits>;
  readonly is?: Partial<TransportTraits>;
  readonly caughtBy: string;
}

const lies: readonly Lie[] = [
  { is: { maxBodyBytes: 1_000 }, caughtBy: 'a body of exactly the limit arrives' },
  { says: { ordering: 'none' }, caughtBy: 'an equal group key holds nothing back' },
  { is: { ordering: 'none' }, caughtBy: 'a retried message keeps its place at the head of its group' },
  { says: { countsAttempts: true }, caughtBy: 'a return is counted as an attempt' },
  {
    says: { countsAttempts: true },
    caughtBy: 'a delivery that is lost with its connection comes back as another attempt',
  },
  { is: { canCancel: false }, caughtBy: 'a control message does not wait behind deliveries' },
  {
    says: { canCancel: false },
    caughtBy: 'a control message is never taken for a request where it cannot be carried',
  },
  { is: { reportsUnroutable: false }, caughtBy: 'a send to an address that nobody ever consumed is unroutable' },
  {
    says: { reportsUnroutable: false },
    caughtBy: 'a send to an address that nobody consumed yet waits for its first consumer',
  },
  { says: { reportsNoWorker: false }, caughtBy: 'requireWorker changes nothing where it cannot be told' },
  {
    says: { maxHoldMs: 60_000 },
    caughtBy: 'a delivery held for longer than maxHoldMs is taken away, and settling it late changes nothing',
  },
  {
    says: { survivesBrokerCrash: true },
    caughtBy: "a persistent message that waits outlives the broker's process",
  },
  { is: { survivesBrokerCrash: true }, caughtBy: "a persistent message that waits is lost with the broker's process" },
];

/** For each answer to a trait, a transport of which it is not true. */
export const mutantsOfTraits: readonly Mutant[] = lies.map(({ caughtBy, ...parts }) => ({
  name: `says ${JSON.stringify(parts.says ?? 'the usual')} and is ${JSON.stringify(parts.is ?? 'the usual')}`,
  caughtBy: [caughtBy],
  harness: lying(parts),
}));
