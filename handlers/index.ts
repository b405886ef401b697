import type { Clock, Handler } from 'samovar';
import { z } from 'zod';
import { handleDxExample } from './dx-example.js';
import { handleDxNodeStatus } from './dx-node-status.js';
import { handleDxOrderCoffeePot } from './dx-order-coffee-pot.js';

export { dxExample, handleDxExample } from './dx-example.js';
export { dxNodeStatus, handleDxNodeStatus } from './dx-node-status.js';
export { dxOrderCoffeePot, handleDxOrderCoffeePot, type CoffeePotOptions } from './dx-order-coffee-pot.js';

/** What a worker that loads this module may set. */
export const settings = z.object({
  machines: z.array(z.string().min(1)).min(1).default(['m1', 'm2']).describe('The coffee machines of this node.'),
  hopperGrams: z.int().positive().default(250).describe('The beans that each coffee machine has at first.'),
});

/** All example handlers, with machines of their own for each call. */
export default function setUp(worker: {
  readonly settings: z.output<typeof settings>;
  readonly clock?: Clock;
}): Handler[] {
  const { clock } = worker;
  return [
    handleDxExample(),
    handleDxNodeStatus(),
    handleDxOrderCoffeePot({ ...worker.settings, ...(clock && { clock }) }),
  ];
}
