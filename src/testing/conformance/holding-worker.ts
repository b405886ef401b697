import type { Disposition } from '../../core/transport.js';
import { createGate, type CaseContext, type Gate, type Worker } from './context.js';

/** A worker that settles what it has when the test says so. */
export async function holdingWorker(
  context: CaseContext,
  address?: string,
): Promise<{ worker: Worker; gates: Gate<Disposition>[] }> {
  const gates: Gate<Disposition>[] = [];
  const receive = (): Promise<Disposition> => {
    const gate = createGate<Disposition>();
    gates.push(gate);
    return gate.opened;
  };
  return { worker: await context.work(address === undefined ? { receive } : { receive, address }), gates };
}
