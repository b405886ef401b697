import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Stands before a server on 127.0.0.1, and can swallow all that passes without telling anybody. */
export interface SilentProxy {
  readonly port: number;
  /** Whether bytes are swallowed, on connections there are and on new ones. */
  swallow(on: boolean): void;
  close(): Promise<void>;
}

export async function startSilentProxy(upstreamPort: number): Promise<SilentProxy> {
  const sockets = new Set<Socket>();
  let swallows = false;
  const server = createServer((client) => {
    const upstream = connect(upstreamPort, '127.0.0.1');
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes) => (swallows ? undefined : to.write(bytes)));
      from.on('error', () => undefined);
      from.on('close', () => {
        sockets.delete(from);
        if (!swallows) to.destroy();
      });
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    swallow: (on) => void (swallows = on),
    async close() {
      for (const socket of sockets) socket.destroy();
      await once(server.close(), 'close');
    },
  };
}
