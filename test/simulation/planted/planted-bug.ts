import type { Clock, Delivery, Disposition, Message, Receive, Transport } from '../../../src/index.js';
import { changed } from '../../conformance/mutants-making.js';
import type { SimulationParts } from '../../../src/testing/index.js';

/** A mistake that somebody could make, to see that it is noticed. */
export interface PlantedBug {
  readonly name: string;
  readonly profile: 'amqp' | 'sqs';
  readonly parts: SimulationParts;
}

/** On workers only, with what the worker does with each delivery replaced. */
export function onReceive(
  change: (receive: Receive, transport: Transport, clock: Clock) => (delivery: Delivery) => Promise<Disposition>,
): SimulationParts {
  return {
    transport(transport, { role, clock }) {
      if (role !== 'node') return transport;
      return changed(transport, {
        consume: (address, options, receive) => transport.consume(address, options, change(receive, transport, clock)),
      });
    },
  };
}

/** Everywhere, with what is sent, and when, replaced. */
export function onSend(change: (send: Transport['send']) => Transport['send']): SimulationParts {
  return {
    transport: (transport) => changed(transport, { send: change((...sending) => transport.send(...sending)) }),
  };
}

export const isRequest = ({ action }: Message): boolean => action !== undefined;
