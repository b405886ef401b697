import type { Handler, HandlerSetup } from 'samovar';
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
export default function setUp({
  settings: chosen,
  clock,
}: Pick<HandlerSetup<z.output<typeof settings>>, 'settings' | 'clock'>): Handler[] {
  return [handleDxExample(), handleDxNodeStatus(), handleDxOrderCoffeePot({ ...chosen, clock })];
}
