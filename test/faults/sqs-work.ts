import { z } from 'zod';
import { defineAction, defineHandler, type Handler, type HandlerOptions } from '../../src/index.js';
import type { Effect } from '../support/effects.js';
import type { Machine } from './sqs-machine.js';

/** What the workers of the fault tests do: something that leaves a trace. */
export const work = defineAction({
  name: 'work',
  summary: 'Leaves a trace of its start and of its end.',
  request: z.object({ subject: z.string(), ms: z.number().nonnegative().default(0) }),
  response: z.object({ by: z.string(), redelivered: z.boolean(), attempt: z.int() }),
});

export interface WorkParts extends Pick<HandlerOptions<typeof work>, 'locks' | 'onCrash' | 'idempotencyKey' | 'retry'> {
  readonly by: string;
  readonly machine: Machine;
  /** In the order in which things were done. */
  readonly effects: Effect[];
  /** It has begun, and has had no effect yet. */
  readonly onStart?: (subject: string) => void;
}

/** Its effect comes last: who dies before has had none. A process that is dead has none either. */
export function handleWork({ by, machine, effects, onStart, ...options }: WorkParts): Handler {
  return defineHandler(work, {
    ...options,
    async run({ subject, ms }, { redelivered, attempt, signal }) {
      const run = `${by}-${effects.length}`;
      const leave = (kind: Effect['kind']) => {
        if (!machine.isDead) effects.push({ kind, subject, run, pid: process.pid, at: machine.clock.now() });
      };
      leave('start');
      onStart?.(subject);
      if (ms > 0) await new Promise<void>((resolve) => void machine.clock.after(ms, resolve));
      signal.throwIfAborted();
      leave('finish');
      return { by, redelivered, attempt };
    },
  });
}
