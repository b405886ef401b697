import { z } from 'zod';
import {
  createClient,
  defineAction,
  startServer,
  type Client,
  type ClientOptions,
  type Handler,
  type RpcError,
  type Server,
  type ServerOptions,
  type Transport,
} from '../../src/index.js';
import type { ManualClock } from '../../src/testing/index.js';
import type { World } from './worlds.js';

/** The action of most tests: one word in, one word out, one declared error. */
export const echo = defineAction({
  name: 'echo',
  summary: 'Says a word again.',
  request: z.object({ word: z.string() }),
  response: z.object({ word: z.string() }),
  errors: { too_loud: z.object({ decibels: z.number() }) },
});

/** A promise to be settled from outside. */
export function gate<T = void>(): { readonly opened: Promise<T>; open(value: T): void } {
  let open: (value: T) => void = () => undefined;
  const opened = new Promise<T>((resolve) => (open = resolve));
  return { opened, open };
}

export interface Stage {
  readonly world: World;
  /** A worker with a connection of its own. */
  serve(handlers: readonly Handler[], options?: Partial<ServerOptions>): Promise<Server>;
  /** A caller with a connection of its own. */
  client(options?: Partial<ClientOptions> & { user?: 'ann' | 'bob' }): Client;
  /** Where `serve` serves and calls go, unless they say otherwise. */
  readonly to: string;
  transport(user?: 'ann' | 'bob'): Transport;
  close(): Promise<void>;
}

let stages = 0;

export async function openStage(open: () => Promise<World>): Promise<Stage> {
  const world = await open();
  const to = `node-${(stages += 1)}`;
  const closing: (() => Promise<unknown>)[] = [];

  function transport(user?: 'ann' | 'bob'): Transport {
    const made = world.connect(user);
    closing.unshift(() => made.close());
    return made;
  }

  return {
    world,
    to,
    transport,
    async serve(handlers, options = {}) {
      const server = await startServer({ transport: transport(), address: to, handlers, drainMs: 100, ...options });
      closing.unshift(async () => {
        const stopping = server.stop();
        // Whoever stops a server in virtual time has to let that pass.
        if (options.clock && 'advance' in options.clock) await (options.clock as ManualClock).advance(60_000);
        await stopping;
      });
      return server;
    },
    client({ user, ...options } = {}) {
      const client = createClient({ transport: transport(user), ...options });
      closing.unshift(() => client.close());
      return client;
    },
    async close() {
      for (const close of closing) await close();
      await world.close();
    },
  };
}

/** What a call failed with, as far as callers decide by it. */
export async function failureOf(call: Promise<unknown>): Promise<Pick<RpcError, 'code' | 'outcome' | 'retryable'>> {
  const { code, outcome, retryable } = await errorOf(call);
  return { code, outcome, retryable };
}

export async function errorOf(call: Promise<unknown>): Promise<RpcError> {
  try {
    await call;
  } catch (error) {
    return error as RpcError;
  }
  throw new Error('expected the call to fail, but it succeeded');
}
