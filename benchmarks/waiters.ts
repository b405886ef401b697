import {
  createClient,
  defineHandler,
  exclusive,
  startServer,
  type CallOptions,
  type Client,
  type Handler,
} from 'samovar';
import { createAmqpTransport } from 'samovar/amqp';
import { dxNodeStatus, handleDxNodeStatus } from 'samovar/handlers';
import { dxPoolRestart, handleDxPoolRestart } from '../handlers/site/dx-pool-restart.js';
import type { Pool } from '../handlers/site/pool.js';
import type { Contender } from './contender.js';
import { echo, requestOf } from './echo.js';

const waiting = 500;
const dayMs = 86_400_000;

/** What calls of other keys cost while nobody waits for a lock, and while 500 requests wait for one. */
export async function openLocks(url: string): Promise<readonly Contender[]> {
  const handler = () =>
    defineHandler(echo, {
      timeoutMs: 600_000,
      locks: ({ n }) => [exclusive(n < 0 ? 'crowded' : `key-${n % 1_000}`)],
      run: ({ n }, { signal }) => (n < 0 ? untilAborted(signal) : { n }),
    });
  const call: Crowded['call'] = (client, n, to) => client.call(echo, requestOf(n), to);
  const crowd: Crowded['call'] = (client, _nth, to) => client.call(echo, requestOf(-1), to);
  return [
    await open({ url, name: 'nobody waits', to: 'bench-free', handlers: [handler()], call }),
    await open({ url, name: '500 wait for a key', to: 'bench-crowded', handlers: [handler()], call, crowd }),
  ];
}

/** What dx_node_status costs on an idle node, and while 500 restarts of 100 pools are in hand: five run, the rest waits. */
export async function openPools(url: string): Promise<readonly Contender[]> {
  const pool: Pool = { state: 'running', pid: 1, restart: untilAborted, stop: () => Promise.resolve() };
  const pools = new Map(Array.from({ length: 100 }, (_, nth) => [`pool-${nth}`, pool]));
  const handlers = [handleDxNodeStatus(), handleDxPoolRestart({ pools })];
  const call: Crowded['call'] = (client, _n, to) => client.call(dxNodeStatus, {}, to);
  const crowd: Crowded['call'] = (client, nth, to) =>
    client.call(dxPoolRestart, { pool: `pool-${nth % pools.size}` }, to);
  return [
    await open({ url, name: 'status, idle', to: 'bench-idle', handlers, call }),
    await open({ url, name: 'status, 500 restarts', to: 'bench-restarting', handlers, call, crowd }),
  ];
}

interface Crowded {
  readonly url: string;
  readonly name: string;
  readonly to: string;
  readonly handlers: readonly Handler[];
  readonly call: (client: Client, nth: number, to: CallOptions) => Promise<unknown>;
  /** One of the requests that do not end; without it there are none. */
  readonly crowd?: Crowded['call'];
}

async function open({ url, name, to, handlers, call, crowd }: Crowded): Promise<Contender> {
  const transport = createAmqpTransport({ url });
  const limits = { maxWaiting: 1_000, maxWaitingPerKey: 1_000 };
  const server = await startServer({ transport, address: to, handlers, ...limits, drainMs: 0 });
  const client = createClient({ transport });
  const leaving = new AbortController();
  const options = { to, signal: leaving.signal, timeoutMs: dayMs };
  const crowding = crowd
    ? Array.from({ length: waiting }, (_, nth) => crowd(client, nth, options).catch(() => undefined))
    : [];
  await call(client, 0, { to });
  if (server.health().inFlight < crowding.length)
    throw new Error(`expected ${crowding.length} requests in hand, got ${server.health().inFlight}`);
  return {
    name,
    call: (n) => call(client, n, { to }),
    async close() {
      leaving.abort();
      await Promise.all(crowding);
      await client.close();
      await server.stop();
      await transport.close();
    },
  };
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
}
