import type { TransportTraits } from '../../core/transport.js';
import type { CaseContext } from './context.js';
import type { TransportHarness } from './harness.js';

export type ConformanceGroup = 'sending' | 'consuming' | 'settling' | 'order' | 'control' | 'inbox' | 'life cycle';

/** What a harness may have, and a case may need. */
export type HarnessCapability = keyof Pick<TransportHarness, 'users' | 'deadLetters' | 'cut' | 'crashBroker' | 'time'>;

/** One behaviour that every transport has, or every transport with, or without, a trait. */
export interface ConformanceCase {
  /** A sentence; its name where it is skipped. */
  readonly name: string;
  readonly group: ConformanceGroup;
  /** Which side of which trait's pair it is. */
  readonly trait?: TraitSide;
  readonly needs?: readonly HarnessCapability[];
  run(context: CaseContext): Promise<void>;
}

export interface TraitSide {
  readonly name: keyof TransportTraits;
  readonly is: boolean;
}

/** Whether a transport is on that side. A limit has two sides at once. */
export function isOn({ name, is }: TraitSide, traits: TransportTraits): boolean {
  if (name === 'maxBodyBytes') return true;
  if (name === 'ordering') return (traits.ordering === 'group') === is;
  if (name === 'maxHoldMs') return (traits.maxHoldMs !== undefined) === is;
  return traits[name] === is;
}
