import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { guardian } from './guardian.js';
import { freePorts } from './ports.js';
import { evaluate, waitForControl } from './rabbitmq-control.js';
import { answersHttp, letsAmqpIn, waitForEpmd } from './rabbitmq-readiness.js';
import {
  controlSocket,
  rabbitmqEnvironment,
  writeRabbitmqSettings,
  type RabbitmqProcessOptions,
} from './rabbitmq-settings.js';

/** A rabbitmq-server of this machine as a child process, with ports, folders and an epmd of its own. */
export interface RabbitmqProcess {
  readonly port: number;
  readonly managementPort: number;
  /** Of the broker's process; another one after each `start`. */
  readonly pid: number;
  /** Evaluates an Erlang expression in the broker, full stop included, in a millisecond; resolves to its value as text. */
  evaluate(expression: string): Promise<string>;
  /** Runs rabbitmqctl and resolves to its output: 0.4 s, but many seconds on a busy machine. */
  ctl(args: readonly string[]): Promise<string>;
  /** After `stop` or `kill9`: the same ports, the same data. Resolves once it lets clients in. */
  start(): Promise<void>;
  /** As an operator stops it (SIGTERM): up to 7 s. */
  stop(): Promise<void>;
  /**
   * SIGKILL, after a broker that is not paused has written its definitions to disk: killed within moments of
   * a declare, RabbitMQ 3.10 sometimes loses a durable queue with its messages. `abruptly` takes that chance.
   */
  kill9(options?: { readonly abruptly?: boolean }): Promise<void>;
  /** Stands still (SIGSTOP) with its sockets open, until `resume`. */
  pause(): void;
  resume(): void;
  /** Ends it for good and removes its folder. Idempotent. */
  close(): Promise<void>;
}

const bootTimeoutMs = 90_000;

/** Starts the broker found in `programs`; resolves once it lets clients in, after 4 to 8 s. */
export async function startRabbitmqProcess(
  programs: string,
  options: RabbitmqProcessOptions = {},
): Promise<RabbitmqProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'samovar-rabbitmq-'));
  guardian().watch(folder);
  const ports = await freePorts(4);
  const [port, managementPort, distribution, epmdPort] = ports as [number, number, number, number];
  await writeRabbitmqSettings(folder, { amqp: port, management: managementPort }, options);
  const env = rabbitmqEnvironment(folder, { amqp: port, distribution, epmd: epmdPort });
  // Erlang would start a daemon of its own that outlives every broker; this one has a pid that we know.
  const epmd = launch('epmd', ['-port', String(epmdPort), '-address', '127.0.0.1'], env, 'ignore');
  let broker: ChildProcess | undefined;
  let paused = false;

  async function start(): Promise<void> {
    paused = false;
    const output = await open(join(folder, 'console.log'), 'a');
    const child = launch(join(programs, 'rabbitmq-server'), [], env, output.fd);
    await output.close();
    broker = child;
    const giveUpAt = performance.now() + bootTimeoutMs;
    while (!((await letsAmqpIn(port)) && (await answersHttp(managementPort)))) {
      if (child.exitCode !== null || child.signalCode !== null || performance.now() > giveUpAt) {
        throw new Error(`expected RabbitMQ to start on port ${port}, got:\n${await lastOutput(folder)}`);
      }
      await sleep(50);
    }
    await waitForControl(controlSocket(folder), giveUpAt);
  }

  const instance: RabbitmqProcess = {
    port,
    managementPort,
    get pid() {
      return broker?.pid ?? 0;
    },
    evaluate: (expression) => evaluate(controlSocket(folder), expression),
    async ctl(args) {
      const result = await promisify(execFile)(join(programs, 'rabbitmqctl'), ['-q', ...args], { env });
      return result.stdout;
    },
    start,
    stop: () => end(broker, 'SIGTERM'),
    async kill9({ abruptly = false } = {}) {
      // Fails where the definitions are kept in another way (RabbitMQ 4 with Khepri), or nothing runs any more.
      if (!abruptly && !paused) await instance.evaluate('mnesia:dump_log().').catch(() => undefined);
      await end(broker, 'SIGKILL');
    },
    pause() {
      paused = true;
      broker?.kill('SIGSTOP');
    },
    resume() {
      paused = false;
      broker?.kill('SIGCONT');
    },
    async close() {
      await end(broker, 'SIGKILL');
      await end(epmd, 'SIGKILL');
      await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
      guardian().forget(folder);
    },
  };
  try {
    await waitForEpmd(epmdPort, performance.now() + bootTimeoutMs);
    await start();
  } catch (error) {
    await instance.close();
    throw error;
  }
  return instance;
}

function launch(program: string, args: string[], env: NodeJS.ProcessEnv, output: 'ignore' | number): ChildProcess {
  // Detached: a Ctrl-C in the terminal is for the test runner, which ends the broker in its own time.
  const child = spawn(program, args, { env, detached: true, stdio: ['ignore', output, output] });
  child.on('error', () => undefined);
  const { pid } = child;
  if (pid !== undefined) {
    guardian().watch(pid);
    child.once('exit', () => guardian().forget(pid));
  }
  child.unref();
  return child;
}

async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

async function lastOutput(folder: string): Promise<string> {
  const output = await readFile(join(folder, 'console.log'), 'utf8').catch(() => '');
  return output.split('\n').slice(-30).join('\n');
}
