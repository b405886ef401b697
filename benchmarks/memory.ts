import { createClient, startServer } from 'samovar';
import { createMemoryTransport } from 'samovar/memory';
import type { Contender } from './contender.js';
import { echo, handleEcho, requestOf } from './echo.js';

/** Caller, broker and worker in this process: what Samovar itself costs. */
export async function openMemory(): Promise<Contender> {
  const transport = createMemoryTransport();
  const server = await startServer({ transport, address: 'bench', handlers: [handleEcho], concurrency: 128 });
  const client = createClient({ transport });
  return {
    name: 'samovar, memory',
    call: (n) => client.call(echo, requestOf(n), { to: 'bench' }),
    async close() {
      await client.close();
      await server.stop();
      await transport.close();
    },
  };
}
