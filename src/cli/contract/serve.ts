import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';
import { contentPolicy } from '../../contract/docs-site/page.js';
import { contractFiles, type ContractFile } from '../../contract/files.js';
import type { CommandParts } from '../command-parts.js';
import { exitCodes } from '../exit-codes.js';
import { UsageError } from '../failure.js';
import { contractOf, type ContractFlags } from './contract-of.js';

export interface ServeFlags extends ContractFlags {
  readonly port: number;
}

const address = '127.0.0.1';
const types: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.json', 'application/schema+json; charset=utf-8'],
  ['.yaml', 'application/yaml; charset=utf-8'],
]);

/** Serves the site until the signal. Resolves to the exit code. */
export async function runServe(
  options: ServeFlags,
  parts: Pick<CommandParts, 'terminal' | 'env' | 'cwd' | 'signal'>,
): Promise<number> {
  const { terminal, signal } = parts;
  const files = contractFiles(await contractOf(options, parts));
  const byPath = new Map(files.map((file) => [`/${file.path}`, file]));
  const server = createServer((request, response) => {
    answer(request, response, byPath);
  });
  try {
    await once(server.listen(options.port, address), 'listening', { signal });
  } catch (cause) {
    if (signal.aborted) return exitCodes.ok;
    const code = (cause as NodeJS.ErrnoException).code;
    throw new UsageError(`expected --port to be one that is free on ${address}, got ${options.port} (${code})`, {
      cause,
    });
  }
  terminal.write(`http://${address}:${(server.address() as AddressInfo).port}/`);
  if (!signal.aborted) await once(signal, 'abort');
  server.close();
  server.closeAllConnections();
  return exitCodes.ok;
}

function answer(
  { method, url = '/', headers }: IncomingMessage,
  response: ServerResponse,
  files: ReadonlyMap<string, ContractFile>,
): void {
  response.setHeader('Content-Security-Policy', `${contentPolicy}; frame-ancestors 'none'`);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('X-Frame-Options', 'DENY');
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  response.setHeader('Cache-Control', 'no-store');
  const end = (status: number, text: string, type = 'text/plain; charset=utf-8') =>
    response.writeHead(status, { 'Content-Type': type }).end(method === 'HEAD' ? undefined : text);

  // A page of another site may give its own name this address, and would then read what is here.
  if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(headers.host ?? '')) {
    end(421, `Only as ${address} or localhost.\n`);
  } else if (method !== 'GET' && method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    end(405, 'Only GET and HEAD.\n');
  } else {
    const [path = '/'] = url.split(/[?#]/);
    const file = files.get(path === '/' ? '/index.html' : path);
    if (file) end(200, file.text, types.get(extname(file.path)));
    else end(404, 'There is no such page.\n');
  }
}
