import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { ServiceAnswer, ServiceRequest } from './service.js';

export interface SqsListenOptions {
  /** A free one by default. */
  readonly port?: number;
  /** 127.0.0.1 by default. */
  readonly host?: string;
}

export interface SqsListener {
  /** What to give an SDK as its endpoint. */
  readonly endpoint: string;
  /** Stops listening, and resets what is open. */
  close(): Promise<void>;
}

export async function listen(
  serve: (request: ServiceRequest) => Promise<ServiceAnswer>,
  { port = 0, host = '127.0.0.1' }: SqsListenOptions,
): Promise<SqsListener> {
  const server = createServer((request, response) => {
    respond(request, response).catch(() => request.socket.destroy());
  });

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const headers: Record<string, string | undefined> = {};
    for (const [name, value] of Object.entries(request.headers)) headers[name] = [value].flat().join(', ');
    const answer = await serve({ headers, body, baseUrl: `http://${request.headers.host}` });
    if (answer.kind === 'silence') return;
    if (answer.kind === 'reset') return void request.socket.resetAndDestroy();
    const bytes = Buffer.from(answer.body);
    response.writeHead(answer.status, { ...answer.headers, 'content-length': bytes.length });
    if (!answer.truncated) return void response.end(bytes);
    response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => request.socket.destroy());
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    endpoint: `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
