import { runProgram, type ScriptProcess } from '../support/process.js';
import type { ForeignLibrary } from './foreign-library.js';

export interface ForeignRequest {
  readonly exchange: string;
  readonly body: string;
  /** Its callback queue by default. */
  readonly reply_to?: string;
  /** In milliseconds. */
  readonly expiration?: string;
}

export interface ForeignReply {
  /** That it came through; empty for the default exchange. */
  readonly exchange: string;
  readonly content_type: string;
  readonly body: unknown;
}

/** A caller in another language: caller.py or caller.php. */
export interface ForeignCaller {
  declare(exchange: string): Promise<void>;
  /** Publishes all, then waits for the first reply to each. */
  call(routingKey: string, requests: readonly ForeignRequest[]): Promise<ForeignReply[]>;
  send(routingKey: string, requests: readonly ForeignRequest[]): Promise<void>;
  close(): Promise<void>;
}

/** Starts `file` of this folder with `settings`; resolves once it says that it is ready. */
export async function startForeign(library: ForeignLibrary, file: string, settings: object): Promise<ScriptProcess> {
  const path = new URL(file, import.meta.url).pathname;
  const program = runProgram(library.interpreter, {
    args: [path, JSON.stringify(settings)],
    // No __pycache__ beside the sources.
    env: { PYTHONDONTWRITEBYTECODE: '1' },
  });
  await program.waitForLine(/^ready$/);
  return program;
}

export async function startCaller(
  library: ForeignLibrary,
  file: 'caller.py' | 'caller.php',
  settings: { readonly url: string; readonly ca?: string },
): Promise<ForeignCaller> {
  const program = await startForeign(library, file, settings);
  let commands = 0;

  async function ask(command: object): Promise<unknown> {
    const id = `command-${(commands += 1)}`;
    program.writeLine(JSON.stringify({ id, ...command }));
    return JSON.parse((await program.waitForLine(new RegExp(`^${id} `))).slice(id.length + 1));
  }

  return {
    async declare(exchange) {
      await ask({ do: 'declare', exchange });
    },
    call: async (routing_key, requests) => (await ask({ do: 'call', routing_key, requests })) as ForeignReply[],
    async send(routing_key, requests) {
      await ask({ do: 'send', routing_key, requests });
    },
    async close() {
      await program.kill9();
    },
  };
}
