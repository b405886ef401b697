import {
  defineAction,
  defineHandler,
  exclusive,
  failed,
  reply,
  shared,
  systemClock,
  type Clock,
  type Handler,
} from 'samovar';
import { z } from 'zod';
import { pause } from './pause.js';

export const dxOrderCoffeePot = defineAction({
  name: 'dx_order_coffee_pot',
  summary: 'Has a machine brew a pot of coffee.',
  request: z.object({
    machine: z.string().min(1).max(64),
    orderId: z.string().min(1).max(64).describe('Names the order: ordered twice, it is brewed once.'),
    beansGrams: z.int().positive().max(500).default(60),
    brewMs: z.int().nonnegative().max(30_000).default(200).describe('How long this pot takes.'),
  }),
  response: z.object({
    orderId: z.string(),
    pot: z.int().positive().describe('Counts the pots of this machine.'),
    leftGrams: z.int().nonnegative(),
    startedAt: z.iso.datetime(),
    readyAt: z.iso.datetime(),
  }),
  errors: {
    no_such_machine: z.object({ machines: z.array(z.string()) }),
    out_of_beans: z.object({ leftGrams: z.int().nonnegative() }),
  },
});

export interface CoffeePotOptions {
  /** The machines there are; `m1` and `m2` by default. */
  readonly machines?: readonly string[];
  /** The beans that each machine has at first; 250 by default. */
  readonly hopperGrams?: number;
  readonly clock?: Clock;
}

/** The machines live as long as this handler: two workers in one process have machines of their own. */
export function handleDxOrderCoffeePot(options: CoffeePotOptions = {}): Handler {
  const { machines: names = ['m1', 'm2'], hopperGrams = 250, clock = systemClock } = options;
  const machines = new Map(names.map((name) => [name, { leftGrams: hopperGrams, pots: 0 }]));

  return defineHandler(dxOrderCoffeePot, {
    locks: ({ machine }) => [exclusive(`machine:${machine}`), shared('water')],
    idempotencyKey: ({ orderId }) => orderId,
    async run({ machine: name, orderId, beansGrams, brewMs }, { signal }) {
      const machine = machines.get(name);
      if (!machine) throw failed('no_such_machine', { machines: [...machines.keys()] });
      if (machine.leftGrams < beansGrams) throw failed('out_of_beans', { leftGrams: machine.leftGrams });
      const startedAt = new Date(clock.now()).toISOString();
      await pause(clock, brewMs, signal);
      // Only now: an order that was given up costs no beans. Nobody else is at the machine meanwhile.
      machine.leftGrams -= beansGrams;
      machine.pots += 1;
      const { leftGrams, pots: pot } = machine;
      const readyAt = new Date(clock.now()).toISOString();
      return reply({ orderId, pot, leftGrams, startedAt, readyAt }, { message: `Pot ${pot} of ${name} is ready` });
    },
  });
}
