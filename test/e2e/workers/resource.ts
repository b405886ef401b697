import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Write {
  readonly subject: string;
  readonly fence: number;
}

/** What handlers write to: it remembers the largest fence and refuses writers with a smaller one. */
export interface Resource {
  readonly url: string;
  /** What was accepted, in order. */
  readonly accepted: readonly Write[];
  close(): void;
}

export async function openResource(): Promise<Resource> {
  const accepted: Write[] = [];
  let largest = 0;
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const write = JSON.parse(body) as Write;
      const isLate = write.fence < largest;
      largest = Math.max(largest, write.fence);
      if (!isLate) accepted.push(write);
      response.writeHead(isLate ? 409 : 204).end();
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    accepted,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

export async function writeToResource(url: string, write: Write): Promise<'accepted' | 'refused'> {
  const { status } = await fetch(url, { method: 'POST', body: JSON.stringify(write) });
  return status === 204 ? 'accepted' : 'refused';
}
