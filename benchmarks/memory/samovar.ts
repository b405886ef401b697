import { createClient, startServer } from 'samovar';
import { createMemoryTransport } from 'samovar/memory';
import { echo, handleEcho } from '../echo.js';
import type { Open } from './in-process.js';

/** Caller, broker and worker, as over any other transport: JSON, a deadline, and schemas checked on both sides. */
export const open: Open = async () => {
  const transport = createMemoryTransport();
  await startServer({ transport, address: 'bench', handlers: [handleEcho] });
  const client = createClient({ transport });
  return { call: (request) => client.call(echo, request, { to: 'bench' }) };
};
