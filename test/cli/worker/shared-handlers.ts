import { randomUUID } from 'node:crypto';
import { access } from 'node:fs/promises';
import { z } from 'zod';
import { defineHandler, exclusive, systemClock, type Handler, type HandlerSetup } from '../../../src/index.js';
import { charge, occupy } from './shared-actions.js';

/** `gate`: a file; runs wait until it is there. */
export const settings = z.object({ gate: z.string() });

/** What the workers load that share a Redis. */
export default function setUp({ settings: { gate }, log }: HandlerSetup<z.infer<typeof settings>>): Handler[] {
  async function run(): Promise<{ run: string }> {
    log.info({}, 'inside');
    while (!(await isOpen())) await new Promise<void>((resolve) => void systemClock.after(20, resolve));
    return { run: randomUUID() };
  }
  const isOpen = () =>
    access(gate).then(
      () => true,
      () => false,
    );
  return [
    defineHandler(occupy, { locks: ({ resource }) => [exclusive(resource)], run }),
    defineHandler(charge, { onCrash: 'park', run }),
  ];
}
