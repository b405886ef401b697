import { createClient, startServer, systemClock } from 'samovar';
import setUp, { dxCreateBackup, settings } from 'samovar/handlers';
import { createMemoryTransport } from 'samovar/memory';

const [root = '', archives = '', folder = ''] = process.argv.slice(2);
const transport = createMemoryTransport();
const handlers = setUp({ settings: settings.parse({ backups: { roots: [root], archives } }), clock: systemClock });
const server = await startServer({ transport, address: 'node-1', handlers, drainMs: 100 });
const client = createClient({ transport, timeoutMs: 600_000 });
process.once('SIGTERM', () => {
  void server.stop().then(async ({ unfinished }) => {
    console.log(`stopped, ${unfinished.length} unfinished`);
    await client.close();
    await transport.close();
  });
});
console.log('ready');
await client.call(dxCreateBackup, { folder, name: 'killed' }, { to: 'node-1' }).catch(() => undefined);
