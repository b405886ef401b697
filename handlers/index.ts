import type { Handler, HandlerSetup } from 'samovar';
import { z } from 'zod';
import { handleAvailability, shopSettings } from './availability.js';
import { backupSettings, expectRealPaths } from './backup/places.js';
import { handleDxCreateBackup } from './dx-create-backup.js';
import { handleDxExample } from './dx-example.js';
import { handleDxNodeStatus } from './dx-node-status.js';
import { handleDxOrderCoffeePot } from './dx-order-coffee-pot.js';
import { handleDxRestoreBackup } from './dx-restore-backup.js';

export { availability, handleAvailability, type AvailabilityOptions } from './availability.js';
export { dxCreateBackup, handleDxCreateBackup, type BackupOptions } from './dx-create-backup.js';
export { dxExample, handleDxExample } from './dx-example.js';
export { dxNodeStatus, handleDxNodeStatus } from './dx-node-status.js';
export { dxOrderCoffeePot, handleDxOrderCoffeePot, type CoffeePotOptions } from './dx-order-coffee-pot.js';
export { dxRestoreBackup, handleDxRestoreBackup } from './dx-restore-backup.js';

/** What a worker that loads this module may set. */
export const settings = z.object({
  machines: z.array(z.string().min(1)).min(1).default(['m1', 'm2']).describe('The coffee machines of this node.'),
  hopperGrams: z.int().positive().default(250).describe('The beans that each coffee machine has at first.'),
  backups: backupSettings.prefault({}).describe('Which folders may be backed up, and where the archives go.'),
  shop: shopSettings.prefault({}).describe('Where the products are.'),
});

/** All example handlers, with machines of their own for each call. */
export default function setUp({
  settings: { backups, shop, ...kitchen },
  clock,
}: Pick<HandlerSetup<z.output<typeof settings>>, 'settings' | 'clock'>): Handler[] {
  expectRealPaths(backups);
  return [
    handleDxExample(),
    handleDxNodeStatus(),
    handleDxOrderCoffeePot({ ...kitchen, clock }),
    handleDxCreateBackup({ ...backups, clock }),
    handleDxRestoreBackup({ ...backups, clock }),
    handleAvailability({ ...shop, clock }),
  ];
}
