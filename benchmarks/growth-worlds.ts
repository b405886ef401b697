import {
  createClient,
  createMemoryIdempotencyStore,
  createMemoryLockProvider,
  defineAction,
  defineHandler,
  exclusive,
  startServer,
  type Client,
  type ServerOptions,
} from 'samovar';
import { createMemoryTransport } from 'samovar/memory';
import { echo, handleEcho, requestOf } from './echo.js';
import type { InProcess, Open } from './memory/in-process.js';

/** One client and one worker with `size` of what grows; beside it, one caller makes calls. */
export const open: Open = ({ variant, size }) => {
  const world = worlds[variant];
  if (!world) throw new Error(`expected one of ${Object.keys(worlds).join(', ')}, got ${variant}`);
  return world(size);
};

const to = 'bench';
const dayMs = 86_400_000;
const never = (): Promise<never> => new Promise(() => undefined);

/** Of all calls with a number below 0 one runs, and does not end; the others touch a hundred keys in turn. */
const endless = defineHandler(echo, {
  timeoutMs: dayMs,
  locks: ({ n }) => [exclusive(n < 0 ? 'crowded' : `key-${n % 100}`)],
  run: ({ n }) => (n < 0 ? never() : { n }),
});

const worlds: Readonly<Record<string, (size: number) => Promise<InProcess>>> = {
  /** Another worker has the requests: what grows is the caller's. */
  async pending(size) {
    const transport = createMemoryTransport();
    await transport.consume('silent', { actions: [echo.name], intake: size }, never);
    await startServer({ transport, address: to, handlers: [handleEcho] });
    const client = createClient({ transport, maxPendingCalls: size + 1 });
    for (let nth = 0; nth < size; nth++) void client.call(echo, requestOf(nth), { to: 'silent', timeoutMs: dayMs });
    return { call: (request) => client.call(echo, request, { to }) };
  },
  async waiting(size) {
    // The same for every size: a worker remembers the more requests that were settled, the more it may have in hand.
    const limits = { maxWaiting: 10_100, maxWaitingPerKey: 10_001 };
    const client = await connect({ handlers: [endless], ...limits });
    for (let nth = 0; nth <= size; nth++) void client.call(echo, requestOf(-1), { to, timeoutMs: dayMs });
    return { call: (request) => client.call(echo, request, { to }) };
  },
  async actions(size) {
    const actions = Array.from({ length: size }, (_, nth) => defineAction({ ...echo, name: `bench_echo_${nth}` }));
    const handlers = actions.map((action) => defineHandler(action, { run: ({ n }) => ({ n }) }));
    const client = await connect({ handlers });
    const called = Array.from({ length: 10 }, (_, nth) => actions[nth * (size / 10)] ?? echo);
    return { call: (request) => client.call(called[request.n % called.length] ?? echo, request, { to }) };
  },
  async held(size) {
    const locks = createMemoryLockProvider();
    const { signal } = new AbortController();
    for (let nth = 0; nth < size; nth++) {
      const name = `held-${nth}`;
      void locks.hold([exclusive(name)], { signal, owner: name, ancestors: [] }, never);
    }
    const client = await connect({ handlers: [endless], locks });
    return { call: (request) => client.call(echo, request, { to }) };
  },
  /** Each call has a key of its own, and the store is full: for each that comes, the oldest goes. */
  async keys(size) {
    const idempotency = createMemoryIdempotencyStore({ maxRecords: size });
    const client = await connect({ handlers: [handleEcho], idempotency });
    let made = 0;
    const call = (request: ReturnType<typeof requestOf>) =>
      client.call(echo, request, { to, idempotencyKey: `order-${made++}` });
    while (made < size) await call(requestOf(made));
    return { call };
  },
};

async function connect(options: Omit<ServerOptions, 'transport' | 'address'>): Promise<Client> {
  const transport = createMemoryTransport();
  await startServer({ ...options, transport, address: to });
  return createClient({ transport, maxPendingCalls: 10_002 });
}
