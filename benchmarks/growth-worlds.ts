import {
  createClient,
  createMemoryIdempotencyStore,
  createMemoryLockProvider,
  defineAction,
  defineHandler,
  exclusive,
  startServer,
  type Client,
  type Handler,
  type ServerOptions,
} from 'samovar';
import { createMemoryTransport } from 'samovar/memory';
import { echo, handleEcho, requestOf } from './echo.js';
import type { InProcess, Open } from './memory/in-process.js';

/** One client and one worker with `size` of what grows; beside it, one caller makes calls. Of nothing else is there more than one. */
export const open: Open = ({ variant, size }) => {
  const world = worlds[variant];
  if (!world) throw new Error(`expected one of ${Object.keys(worlds).join(', ')}, got ${variant}`);
  return world(size);
};

const to = 'bench';
const dayMs = 86_400_000;
const never = (): Promise<never> => new Promise(() => undefined);
const isOfCrowd = (n: number): boolean => n < 0;

/** Calls with a number below 0 do not end; of those with a lock, the others touch a hundred keys in turn. */
const endless = (locks: boolean) =>
  defineHandler(echo, {
    timeoutMs: dayMs,
    ...(locks && { locks: ({ n }) => [exclusive(isOfCrowd(n) ? 'crowded' : `key-${n % 100}`)] }),
    run: ({ n }) => (isOfCrowd(n) ? never() : { n }),
  });

const worlds: Readonly<Record<string, (size: number) => Promise<InProcess>>> = {
  async pending(size) {
    const client = await connect({ handlers: [endless(false)], concurrency: size + 1 }, size + 1);
    await crowd(client, size);
    return { call: (request) => client.call(echo, request, { to }) };
  },
  async waiting(size) {
    const limits = { maxWaiting: size + 100, maxWaitingPerKey: size + 1 };
    const client = await connect({ handlers: [endless(true)], ...limits }, size + 2);
    await crowd(client, size + 1);
    return { call: (request) => client.call(echo, request, { to }) };
  },
  async actions(size) {
    const actions = Array.from({ length: size }, (_, nth) => defineAction({ ...echo, name: `bench_echo_${nth}` }));
    const handlers = actions.map((action) => defineHandler(action, { run: ({ n }) => ({ n }) }));
    const client = await connect({ handlers }, 1);
    for (const action of actions) await client.call(action, requestOf(0), { to });
    return { call: (request) => client.call(actions[request.n % size] ?? echo, request, { to }) };
  },
  async held(size) {
    const locks = createMemoryLockProvider();
    const { signal } = new AbortController();
    for (let nth = 0; nth < size; nth++) {
      const name = `held-${nth}`;
      void locks.hold([exclusive(name)], { signal, owner: name, ancestors: [] }, never);
    }
    const client = await connect({ handlers: [endless(true)], locks }, 1);
    return { call: (request) => client.call(echo, request, { to }) };
  },
  /** Each call has a key of its own, and the store is full: for each that comes, the oldest goes. */
  async keys(size) {
    const idempotency = createMemoryIdempotencyStore({ maxRecords: size });
    const client = await connect({ handlers: [handleEcho], idempotency }, 1);
    let made = 0;
    const call = (request: ReturnType<typeof requestOf>) =>
      client.call(echo, request, { to, idempotencyKey: `order-${made++}` });
    while (made < size) await call(requestOf(made));
    return { call };
  },
};

/** The caller that is measured is one more than the crowd. */
async function connect(
  options: { readonly handlers: readonly Handler[] } & Partial<ServerOptions>,
  maxPendingCalls: number,
): Promise<Client> {
  const transport = createMemoryTransport();
  await startServer({ ...options, transport, address: to });
  return createClient({ transport, maxPendingCalls });
}

/** Resolves once all of them are with the worker: requests reach it in order. */
async function crowd(client: Client, size: number): Promise<void> {
  for (let nth = 0; nth < size; nth++) void client.call(echo, requestOf(-1), { to, timeoutMs: dayMs });
  await client.call(echo, requestOf(0), { to });
}
