import { runScript } from '../test/support/process.js';
import type { Question } from './party.js';
import type { PeerOptions } from './peer.js';
import type { Run } from './run-calls.js';

/** One side of a peer, in a process of its own. */
export interface Party {
  ask(question: Extract<Question, { command: 'run' }>): Promise<Run>;
  ask(question: Extract<Question, { command: 'cpu' }>): Promise<{ readonly cpuUs: number; readonly rssBytes: number }>;
  ask(question: Extract<Question, { command: 'hold' }>): Promise<unknown>;
  stop(): Promise<void>;
}

const patienceMs = 60_000;

/** @param module the URL of a module that exports a Peer */
export async function startParty(module: URL, side: 'serve' | 'connect', options: PeerOptions): Promise<Party> {
  const script = runScript(new URL('party.ts', import.meta.url), {
    args: [module.href, side, JSON.stringify(options)],
  });
  const name = `${module.pathname.split('/').at(-1)} (${side}, ${options.variant})`;
  await said('ready');
  let asked = 0;

  async function said(start: string): Promise<string> {
    const signal = AbortSignal.timeout(patienceMs);
    const isIt = { test: (line: string) => line.startsWith(start), toString: () => start };
    return script.waitForLine(isIt, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
      throw new Error(`expected ${name} to answer within ${patienceMs} ms, got nothing:\n${script.stderr}`);
    });
  }

  return {
    async ask(question: Question) {
      const id = `${++asked}`;
      script.writeLine(JSON.stringify({ id: asked, ...question }));
      return JSON.parse((await said(`${id} `)).slice(id.length + 1)) as never;
    },
    async stop() {
      script.kill('SIGTERM');
      await script.exited;
    },
  };
}
