import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';
import { startRabbitmq, type Broker } from './rabbitmq.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where test processes ask for what the whole run shares. */
    sharedPartsUrl: string;
  }
}

/**
 * Serves the broker that all test files share. It is started by the first test that asks, so that a run of unit
 * tests alone does not wait for it, and ended with the run.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let starting: Promise<Broker> | undefined;
  const broker = () => (starting ??= startRabbitmq());

  async function answer(request: IncomingMessage): Promise<unknown> {
    if (request.url === '/rabbitmq') {
      const { kind, url, managementUrl, port } = await broker();
      return { kind, url, managementUrl, port };
    }
    const { method, args } = (await readJson(request)) as { method: 'ctl' | 'closeConnections'; args: unknown };
    return method === 'ctl'
      ? (await broker()).ctl(args as string[])
      : (await broker()).closeConnections(args as string);
  }

  const server = createServer((request, response) => {
    answer(request).then(
      (result) => response.end(JSON.stringify({ result })),
      (error: unknown) => response.writeHead(500).end(JSON.stringify({ error: String(error) })),
    );
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  project.provide('sharedPartsUrl', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);

  return async () => {
    server.close();
    server.closeAllConnections();
    await starting?.then(
      (started) => started.close(),
      () => undefined,
    );
  };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
  return JSON.parse(text);
}
