import { once } from 'node:events';
import { createServer } from 'node:net';

// Below the range from which systems choose the near end of outgoing connections (Linux: 32768 and up): what listens
// here can be stopped for a while without finding its port taken, and who dials it meanwhile never meets itself.
const first = 20_000;
const count = 12_000;

/** As many different ports of 127.0.0.1 that were free a moment ago. */
export async function freePorts(wanted: number): Promise<number[]> {
  const found = new Set<number>();
  while (found.size < wanted) {
    const port = first + Math.floor(Math.random() * count);
    if (await isFree(port)) found.add(port);
  }
  return [...found];
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  await once(server.close(), 'close');
  return true;
}
