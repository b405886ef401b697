import { createClient, startServer } from 'samovar';
import { createSqsTransport } from 'samovar/sqs';
import { echo, handleEcho, requestOf } from '../echo.js';
import type { Caller, PeerOptions } from '../peer.js';

/** Samovar over SQS with its defaults; each call is in a group of its own. */
export async function serve({ url: endpoint }: PeerOptions): Promise<() => Promise<void>> {
  const transport = createSqsTransport({ endpoint, pollMs: 1_000 });
  const server = await startServer({ transport, address: 'bench', handlers: [handleEcho], concurrency: 128 });
  return async () => {
    await server.stop();
    await transport.close();
  };
}

export async function connect({ url: endpoint, text }: PeerOptions): Promise<Caller> {
  const transport = createSqsTransport({ endpoint, pollMs: 1_000 });
  const client = createClient({ transport });
  return {
    call: (n) => client.call(echo, requestOf(n, text), { to: 'bench', groupKey: String(n) }),
    async close() {
      await client.close();
      await transport.close();
    },
  };
}
