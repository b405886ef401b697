import { createClient, defineHandler, exclusive, startServer, type Handler } from 'samovar';
import { createAmqpTransport } from 'samovar/amqp';
import { dxNodeStatus, handleDxNodeStatus } from 'samovar/handlers';
import { dxPoolRestart, handleDxPoolRestart } from '../../handlers/site/dx-pool-restart.js';
import type { Pool } from '../../handlers/site/pool.js';
import { echo, requestOf } from '../echo.js';
import type { Caller, PeerOptions } from '../peer.js';
import { untilAborted } from '../until-aborted.js';

/**
 * Samovar while requests wait for locks: those with negative numbers. 'keys': all of them for one key, the others have a
 * thousand in turn. 'pools': they are restarts of a hundred pools, of which five run and the rest waits; the others ask
 * for dx_node_status.
 */
const isOfPools = (variant: string) => variant.startsWith('pools');
const addressOf = (variant: string) => `bench-${variant}`;
const patientMs = 600_000;

function handlersOf(variant: string): readonly Handler[] {
  if (isOfPools(variant)) {
    const pool: Pool = { state: 'running', pid: 1, restart: untilAborted, stop: () => Promise.resolve() };
    const pools = new Map(Array.from({ length: 100 }, (_, nth) => [`pool-${nth}`, pool]));
    return [handleDxNodeStatus(), handleDxPoolRestart({ pools })];
  }
  const locking = defineHandler(echo, {
    timeoutMs: patientMs,
    locks: ({ n }) => [exclusive(n < 0 ? 'crowded' : `key-${n % 1_000}`)],
    // A signal is made where it is asked for.
    run: ({ n }, context) => (n < 0 ? untilAborted(context.signal) : { n }),
  });
  return [locking];
}

export async function serve({ url, variant }: PeerOptions): Promise<() => Promise<void>> {
  const transport = createAmqpTransport({ url });
  const limits = { maxWaiting: 1_000, maxWaitingPerKey: 1_000 };
  const handlers = handlersOf(variant);
  const server = await startServer({ transport, address: addressOf(variant), handlers, ...limits, drainMs: 0 });
  return async () => {
    await server.stop();
    await transport.close();
  };
}

export async function connect({ url, variant, text }: PeerOptions): Promise<Caller> {
  const transport = createAmqpTransport({ url });
  const client = createClient({ transport });
  const to = addressOf(variant);
  const patient = { to, timeoutMs: patientMs };
  return {
    call(n) {
      if (!isOfPools(variant)) return client.call(echo, requestOf(n, text), n < 0 ? patient : { to });
      return n < 0
        ? client.call(dxPoolRestart, { pool: `pool-${-n % 100}` }, patient)
        : client.call(dxNodeStatus, {}, { to });
    },
    async close() {
      await client.close();
      await transport.close();
    },
  };
}
