import { defineAction, defineHandler, exclusive, failed, limit, systemClock, type Clock, type Handler } from 'samovar';
import { z } from 'zod';
import { PoolStartError, type Pool } from './pool.js';

export const dxPoolRestart = defineAction({
  name: 'dx_pool_restart',
  summary: 'Restarts the process of a pool, and waits until the new one is up.',
  request: z.object({
    pool: z
      .string()
      .min(1)
      .max(100)
      .meta({ examples: ['www'] }),
  }),
  response: z
    .object({
      pool: z.string(),
      pid: z.int().positive(),
      restarts: z.int().positive().describe('Counts the restarts of this pool since its worker started.'),
      before: z.enum(['running', 'crashed', 'down']).describe('What the process was found to be.'),
      upAt: z.iso.datetime(),
    })
    .meta({
      examples: [{ pool: 'www', pid: 4_711, restarts: 3, before: 'running', upAt: '2030-01-01T00:00:00.000Z' }],
    }),
  errors: {
    no_such_pool: z.object({ pools: z.array(z.string()) }),
    /** The pool is down now. */
    did_not_start: z.object({ pool: z.string(), reason: z.string() }),
  },
});

export interface PoolRestartOptions {
  readonly pools: ReadonlyMap<string, Pool>;
  readonly clock?: Clock;
}

/** Five at a time, each pool by itself. Requests that wait for one pool share the next restart. */
export function handleDxPoolRestart({ pools, clock = systemClock }: PoolRestartOptions): Handler {
  return defineHandler(dxPoolRestart, {
    locks: ({ pool }) => [exclusive(`pool:${pool}`), limit('fpm', 5)],
    coalesce: ({ pool }) => pool,
    async run({ pool: name }, { signal }) {
      const pool = pools.get(name);
      if (!pool) throw failed('no_such_pool', { pools: [...pools.keys()] });
      const before = pool.state;
      try {
        const { pid, restarts } = await pool.restart(signal);
        return { pool: name, pid, restarts, before, upAt: new Date(clock.now()).toISOString() };
      } catch (error) {
        if (error instanceof PoolStartError) throw failed('did_not_start', { pool: name, reason: error.message });
        throw error;
      }
    },
  });
}
