import { createClient, startServer, type Client, type Handler, type Server, type Stage } from 'samovar';
import { createMemoryBroker } from 'samovar/memory';
import { createManualClock, type ManualClock } from '../../src/testing/manual-clock.js';
import { onTestFinished } from 'vitest';

/** A node that has the handlers, and somebody who calls it. */
export interface Kitchen {
  readonly server: Server;
  readonly client: Client;
  readonly clock: ManualClock;
  /** The stages that the requests passed, in order, as `action stage`. */
  readonly stages: readonly string[];
}

export async function openKitchen(handlers: (clock: ManualClock) => readonly Handler[]): Promise<Kitchen> {
  const clock = createManualClock();
  const broker = createMemoryBroker({ clock });
  const worker = broker.connect();
  const caller = broker.connect();
  const stages: string[] = [];
  const hooks = { onStage: (stage: Stage, { action }: { action: string }) => void stages.push(`${action} ${stage}`) };
  const server = await startServer({ transport: worker, address: 'node-1', handlers: handlers(clock), clock, hooks });
  const client = createClient({ transport: caller, clock });
  onTestFinished(async () => {
    await client.close();
    await Promise.all([server.stop(), clock.advance(60_000)]);
    await Promise.all([worker.close(), caller.close()]);
  });
  return { server, client, clock, stages };
}
