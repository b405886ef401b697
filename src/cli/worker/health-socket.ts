import { once } from 'node:events';
import { chmod, lstat, mkdir, readdir, unlink } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { ConfigurationError } from '../../config/configuration-error.js';
import type { HealthDocument } from './health-document.js';
import { pidOfSocket, runtimeFolder, socketNameOf } from './runtime-folders.js';

export interface HealthSocket {
  readonly path: string;
  close(): Promise<void>;
}

export interface HealthSocketOptions {
  /** Where the command line wants it; by default a name of its own in the runtime folder. */
  readonly path: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly pid: number;
  readonly document: () => HealthDocument;
}

/** What sockaddr_un (unix(7)) has room for, without its closing NUL. */
const longestPath = 107;

/**
 * Answers each connection with the worker's health as one JSON document, to its own user (and root) alone.
 * @throws ConfigurationError if the socket cannot be made there.
 */
export async function openHealthSocket({ path, env, pid, document }: HealthSocketOptions): Promise<HealthSocket> {
  const server = createServer((connection) => {
    connection.on('error', () => undefined);
    connection.end(`${JSON.stringify(document())}\n`);
  });
  server.maxConnections = 64;
  const at = path ?? join(runtimeFolder(env), socketNameOf(pid));
  try {
    checkLength(at);
    if (path === undefined) await prepareFolder(runtimeFolder(env), pid);
    else await makeRoom(path);
    server.listen(at);
    await once(server, 'listening');
    await chmod(at, 0o600);
  } catch (cause) {
    server.close();
    if (cause instanceof ConfigurationError) throw cause;
    throw new ConfigurationError(
      `expected to make the health socket ${at}, got ${(cause as Error).message}; choose another place with --socket`,
      { cause },
    );
  }
  return {
    path: at,
    async close() {
      if (!server.listening) return;
      server.close();
      await once(server, 'close');
    },
  };
}

function checkLength(path: string): void {
  const bytes = Buffer.byteLength(path);
  if (bytes <= longestPath) return;
  throw new ConfigurationError(
    `expected a health socket path of at most ${longestPath} bytes, got ${bytes}: ${path}; choose a shorter one with --socket`,
  );
}

/** In a folder that everybody may write to, somebody else may have made it first. */
async function prepareFolder(folder: string, pid: number): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { uid, mode } = await lstat(folder);
  if (uid !== (process.getuid?.() ?? uid)) {
    throw new ConfigurationError(
      `expected the runtime folder ${folder} to belong to this user, got one of user ${uid}; choose another place with --socket`,
    );
  }
  if ((mode & 0o777) !== 0o700) await chmod(folder, 0o700);
  for (const name of await readdir(folder)) {
    const owner = pidOfSocket(name);
    if (owner !== undefined && (owner === pid || !isAlive(owner))) await removeIfStale(join(folder, name));
  }
}

async function makeRoom(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (!found) return;
  if (!found.isSocket()) throw new ConfigurationError(`expected ${path} to be free or a socket, got something else`);
  if (await removeIfStale(path)) return;
  throw new ConfigurationError(`expected ${path} to be free, got the socket of a process that runs`);
}

/** Takes away a socket that nobody listens to any more. */
async function removeIfStale(path: string): Promise<boolean> {
  const isStale = await new Promise<boolean>((resolve) => {
    const connection = connect(path);
    connection.on('connect', () => {
      connection.destroy();
      resolve(false);
    });
    connection.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
  if (isStale) await unlink(path);
  return isStale;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
