import { tmpdir } from 'node:os';
import { createClient, silentLog, startServer, systemClock } from 'samovar';
import setUp, { dxPoolRestart, settings } from 'samovar/handlers/site';
import { createMemoryTransport } from 'samovar/memory';

const transport = createMemoryTransport();
const { signal } = new AbortController();
const chosen = settings.parse({ root: tmpdir(), pools: { www: {} } });
const parts = { settings: chosen, log: silentLog, clock: systemClock, signal, onStop: () => undefined };
await startServer({ transport, address: 'node-1', handlers: await setUp(parts) });
const { pid } = await createClient({ transport }).call(dxPoolRestart, { pool: 'www' }, { to: 'node-1' });
console.log(`up ${pid}`);
