import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, startServer, type Client, type Logger, type Server, type ServerMiddleware } from 'samovar';
import setUp, { settings } from 'samovar/handlers/site';
import { createMemoryBroker } from 'samovar/memory';
import { createManualClock, type ManualClock } from 'samovar/testing';
import { onTestFinished } from 'vitest';
import type { z } from 'zod';

/** A worker with the second handler module, set up as the command line does it. */
export interface Town {
  readonly client: Client;
  readonly server: Server;
  readonly clock: ManualClock;
  /** Where its sites are. */
  readonly root: string;
  /** The stages that the requests passed, in order, as `action stage`. */
  readonly stages: readonly string[];
  /** What was logged, as `message {fields}`. */
  readonly logged: readonly string[];
  /** Stops the worker, then does what the module has to do on stop. */
  stop(): Promise<void>;
}

export interface TownOptions {
  readonly pools?: z.input<typeof settings>['pools'];
  readonly url?: string;
  readonly middleware?: readonly ServerMiddleware[];
}

export async function openTown({ middleware = [], ...chosen }: TownOptions = {}): Promise<Town> {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'samovar-site-')));
  const root = join(base, 'sites');
  const clock = createManualClock();
  const broker = createMemoryBroker({ clock });
  const [worker, caller] = [broker.connect(), broker.connect()];
  const [stages, logged]: [string[], string[]] = [[], []];
  const write = (fields: object, message: string) => void logged.push(`${message} ${JSON.stringify(fields)}`);
  const log: Logger = { debug: write, info: write, warn: write, error: write };
  const leaving = new AbortController();
  const atStop: (() => void | Promise<void>)[] = [];
  const onStop = (task: () => void | Promise<void>) => void atStop.unshift(task);
  async function end(): Promise<void> {
    for (const task of atStop.splice(0)) await task();
  }
  const setup = { settings: settings.parse({ root, ...chosen }), log, clock, signal: leaving.signal, onStop };
  const handlers = await setUp(setup).catch(async (error: unknown) => {
    await end();
    rmSync(base, { recursive: true });
    throw error;
  });
  const hooks = { onStage: (stage: string, { action }: { action: string }) => void stages.push(`${action} ${stage}`) };
  const parts = { transport: worker, address: 'node-1', handlers, clock, log, hooks, middleware };
  const server = await startServer(parts);
  const client = createClient({
    transport: caller,
    clock,
    routes: Object.fromEntries(handlers.map(({ action }) => [action.name, 'node-1'])),
  });
  async function stop(): Promise<void> {
    leaving.abort();
    await client.close();
    await Promise.all([server.stop(), clock.advance(60_000)]);
    await end();
  }
  onTestFinished(async () => {
    await stop();
    await Promise.all([worker.close(), caller.close()]);
    rmSync(base, { recursive: true });
  });
  return { client, server, clock, root, stages, logged, stop };
}
