import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { installDebianPackages, isExecutable } from './debian-packages.js';
import { guardian } from './guardian.js';
import { freePorts } from './ports.js';

export interface RedisProcessOptions {
  /**
   * Keeps its data when it is killed (append-only file); by default a restart finds it empty. 'unsynced': does not wait
   * for the disk, and for whatever else writes to it; what a process has written outlives it all the same.
   */
  readonly persistent?: boolean | 'unsynced';
  readonly password?: string;
  /** A cluster of this one node, which checks that the keys of a step belong together. */
  readonly cluster?: boolean;
}

/** A redis-server of this machine as a child process, with a port and a folder of its own. */
export interface RedisProcess {
  readonly port: number;
  /** Another one after each `start`. */
  readonly pid: number;
  /** After `kill9`: the same port. Resolves once it answers. */
  start(): Promise<void>;
  kill9(): Promise<void>;
  /** Stands still (SIGSTOP) with its sockets open, until `resume`. */
  pause(): void;
  resume(): void;
  /** Ends it for good and removes its folder. Idempotent. */
  close(): Promise<void>;
}

const bootTimeoutMs = 30_000;

export async function startRedisProcess(options: RedisProcessOptions = {}): Promise<RedisProcess> {
  const { persistent, password, cluster } = options;
  const program = await redisProgram();
  const folder = await mkdtemp(join(tmpdir(), 'samovar-redis-'));
  guardian().watch(folder);
  const [port, clusterPort] = (await freePorts(2)) as [number, number];
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
  if (persistent) settings.push('--appendonly', 'yes', '--appendfsync', persistent === 'unsynced' ? 'no' : 'always');
  if (password !== undefined) settings.push('--requirepass', password);
  if (cluster) settings.push('--cluster-enabled', 'yes', '--cluster-port', String(clusterPort));
  let server: ChildProcess | undefined;

  async function start(): Promise<void> {
    const output = await open(join(folder, 'console.log'), 'a');
    const child = spawn(program, settings, { detached: true, stdio: ['ignore', output.fd, output.fd] });
    await output.close();
    server = child;
    const { pid } = child;
    if (pid === undefined) throw new Error(`expected ${program} to start, got no process`);
    guardian().watch(pid);
    child.once('exit', () => guardian().forget(pid));
    child.unref();
    const giveUpAt = performance.now() + bootTimeoutMs;
    while (!(await answers(port))) {
      if (child.exitCode !== null || child.signalCode !== null || performance.now() > giveUpAt) {
        const text = await readFile(join(folder, 'console.log'), 'utf8').catch(() => '');
        throw new Error(`expected Redis to start on port ${port}, got:\n${text.split('\n').slice(-20).join('\n')}`);
      }
      await sleep(10);
    }
  }

  async function close(): Promise<void> {
    await end(server);
    await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    guardian().forget(folder);
  }

  await start().catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return {
    port,
    get pid() {
      return server?.pid ?? 0;
    },
    start,
    kill9: () => end(server),
    pause: () => void server?.kill('SIGSTOP'),
    resume: () => void server?.kill('SIGCONT'),
    close,
  };
}

async function redisProgram(): Promise<string> {
  const found = (await find()) ?? ((await installDebianPackages(['redis-server'])) ? await find() : undefined);
  if (found !== undefined) return found;
  throw new Error(
    'expected a Redis to test against, got none: set SAMOVAR_TEST_REDIS_URL, start a Docker engine, install ' +
      'redis-server, or run as root on a Debian-like system so that it can be installed',
  );
}

async function find(): Promise<string | undefined> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const program = join(folder, 'redis-server');
    if (folder !== '' && (await isExecutable(program))) return program;
  }
  return undefined;
}

/** Also while it asks for a password, but not while it still loads its data. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.setTimeout(1_000, () => socket.destroy());
    socket.once('data', (data) => {
      resolve(/^(\+PONG|-NOAUTH)/.test(data.toString()));
      socket.destroy();
    });
    socket.on('error', () => undefined);
    socket.once('close', () => resolve(false));
  });
}

async function end(child: ChildProcess | undefined): Promise<void> {
  if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
