import { hostname } from 'node:os';
import { PassThrough } from 'node:stream';
import { CommanderError } from 'commander';
import { z } from 'zod';
import setUp, { settings } from '../../handlers/index.js';
import { failureOf } from '../../src/cli/failure.js';
import { createProgram } from '../../src/cli/program.js';
import type { Terminal } from '../../src/cli/terminal.js';
import { defineAction, defineHandler, startServer, systemClock } from '../../src/index.js';
import { createAmqpTransport, type Permissions } from '../../transports/amqp/index.js';
import { sharedRabbitmq } from '../support/shared-rabbitmq.js';
import { recordedTerminal } from './recorded-terminal.js';

export interface Ran {
  readonly code: number;
  readonly out: readonly string[];
  readonly err: readonly string[];
}

export interface RunOptions {
  /** All that comes on standard input. */
  readonly input?: string;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  readonly insisted?: AbortSignal;
  readonly terminal?: Terminal & { readonly lines: readonly string[]; readonly errors: readonly string[] };
}

/** The command line in this process, as main.ts runs it. */
export async function samovar(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { terminal = recordedTerminal(), signal = new AbortController().signal } = options;
  const stdin = new PassThrough();
  stdin.end(options.input ?? '');
  let code = 0;
  const parts = {
    terminal,
    env: options.env ?? {},
    cwd: options.cwd ?? process.cwd(),
    stdin: stdin as unknown as NodeJS.ReadStream,
    signal,
    ...(options.insisted && { insisted: options.insisted }),
    exitWith: (given: number) => void (code = given),
  };
  try {
    const program = await createProgram(parts, args);
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) code = error.exitCode === 0 ? 0 : 64;
    else {
      const { exitCode, line } = failureOf(error);
      terminal.writeError(line);
      code = exitCode;
    }
  }
  return { code, out: terminal.lines, err: terminal.errors };
}

/** Its worker ends a call of it only when the caller gives up, or counts it. */
export const probe = defineAction({
  name: 'probe',
  summary: 'For the tests.',
  request: z.looseObject({ holds: z.boolean().default(false) }),
  response: z.unknown(),
});

export interface CallWorld {
  readonly url: string;
  readonly to: string;
  /** What the probe was asked, in order. */
  readonly requests: readonly unknown[];
  /** The calls that the probe holds now. */
  readonly held: number;
  release(): void;
  /** The broker closes every connection to the virtual host. */
  cut(): Promise<void>;
  /** The URL of somebody with no right to call the probe by `authorize`. */
  readonly stranger: string;
  /** Somebody with these permissions, and no more. */
  userWith(permissions: Permissions): Promise<{ readonly url: string }>;
  stop(): Promise<void>;
}

/** A worker with the example handlers and a probe on a virtual host of its own. */
export async function openCallWorld(): Promise<CallWorld> {
  const broker = await sharedRabbitmq();
  const { name, url } = await broker.createVirtualHost();
  const stranger = await broker.createUser({ virtualHost: name });
  const transport = createAmqpTransport({ url });
  const requests: unknown[] = [];
  const holding = new Set<() => void>();
  const handleProbe = defineHandler(probe, {
    async run(request, { headers, signal }) {
      requests.push(request);
      if (!request.holds) return { request, headers };
      await new Promise<void>((resolve) => {
        holding.add(resolve);
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
      return {};
    },
  });
  const to = hostname();
  const server = await startServer({
    transport,
    address: to,
    handlers: [...setUp({ settings: settings.parse({}), clock: systemClock }), handleProbe],
    authorize: ({ caller }) => caller !== stranger.name,
    concurrency: 32,
    drainMs: 0,
  });
  return {
    url,
    to,
    requests,
    stranger: stranger.url,
    get held() {
      return holding.size;
    },
    release() {
      holding.forEach((resolve) => resolve());
      holding.clear();
    },
    userWith: (permissions) => broker.createUser({ virtualHost: name, ...permissions }),
    cut: () => broker.closeConnections(name),
    async stop() {
      await server.stop();
      await transport.close();
      await broker.deleteVirtualHost(name);
    },
  };
}
