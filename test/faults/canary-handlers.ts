import { z } from 'zod';
import {
  defineAction,
  defineHandler,
  exclusive,
  failed,
  secret,
  type Handler,
  type HandlerSetup,
} from '../../src/index.js';

/** Goes every way that a request can go, and carries something to keep on each. */
export const guard = defineAction({
  name: 'guard',
  summary: 'For the tests.',
  request: z.object({
    how: z.enum(['answer', 'refuse', 'throw', 'mistake', 'wait']),
    order: z.string(),
    token: z.string(),
    cookie: z.string().max(3).optional(),
    note: z.string(),
    say: z.string(),
    password: secret(z.string().max(12)).optional(),
  }),
  response: z.object({ said: z.string(), recovery: secret(z.string()).optional() }),
  errors: { refused: z.object({ hint: z.string(), recovery: secret(z.string()).optional() }) },
});

/** Runs at most once, and never to its end. */
export const vault = defineAction({
  name: 'vault',
  summary: 'For the tests.',
  request: z.object({ password: secret(z.string()) }),
  response: z.object({}),
});

/** What only the handler knows. */
export const settings = z.object({ thrown: z.string(), cause: z.string(), dsn: z.string(), returned: z.string() });

export default function setUp(setup: HandlerSetup<z.infer<typeof settings>>): Handler[] {
  const { thrown, cause, dsn, returned } = setup.settings;
  return [
    defineHandler(guard, {
      locks: ({ order }) => [exclusive(`order:${order}`)],
      retry: { attempts: 1 },
      async run({ how, say, password }, { signal, log }) {
        const recovery = password?.reveal();
        switch (how) {
          case 'answer':
            return { said: say, recovery };
          case 'refuse':
            throw failed('refused', { hint: say, recovery });
          case 'throw':
            throw new Error(`${thrown} at ${dsn} by ${recovery}`, {
              cause: new Error(`${cause} at ${dsn} by ${recovery}`),
            });
          case 'mistake':
            return { said: 5, recovery: { recovery }, leaked: returned } as unknown as { said: string };
          case 'wait':
            log.info({}, 'waiting');
            return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
        }
      },
    }),
    defineHandler(vault, {
      onCrash: 'park',
      run({ password }, { log }) {
        log.info({ password }, 'locked up');
        return new Promise<never>(() => undefined);
      },
    }),
  ];
}
