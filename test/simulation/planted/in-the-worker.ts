import type { Handler, LockProvider } from '../../../src/index.js';
import type { PlantedBug } from './planted-bug.js';

const lockless = ({ locks: _locks, ...handler }: Handler): Handler => handler;

/** Mistakes in how locks and keys are kept. */
export const bugsInTheWorker: readonly PlantedBug[] = [
  {
    name: 'the key is claimed before the lock is held',
    profile: 'amqp',
    parts: {
      handlers: (handlers, { locks }) =>
        handlers.map((handler) => ({
          ...lockless(handler),
          run(request, context) {
            const keys = handler.locks?.(request) ?? [];
            const { signal, messageId: owner } = context;
            const wait = { signal, owner, ancestors: [] };
            return keys.length === 0
              ? handler.run(request, context)
              : locks.hold(keys, wait, async ({ fence }) =>
                  handler.run(request, Object.create(context, { fence: { value: fence } }) as typeof context),
                );
          },
        })),
    },
  },
  {
    name: 'locks are not taken at all',
    profile: 'amqp',
    parts: { locks: (locks) => ({ ...locks, hold: (_keys, _options, run) => run({ fence: 0 }) }) },
  },
  {
    name: 'the lock is released before the answer is recorded',
    profile: 'amqp',
    parts: releasedEarly(),
  },
  {
    name: 'a parked action is run again after a crash',
    profile: 'amqp',
    parts: { handlers: (handlers) => handlers.map((handler) => ({ ...handler, onCrash: 'retry' as const })) },
  },
  {
    name: 'a claim that was lost counts as recorded',
    profile: 'sqs',
    parts: {
      idempotency: (store) => ({
        ...store,
        async claim(...asked) {
          const found = await store.claim(...asked);
          if (found.state !== 'fresh') return found;
          const { signal: _signal, ...claim } = found;
          return {
            ...claim,
            async settle(reply) {
              await found.settle(reply);
              return 'recorded';
            },
          };
        },
      }),
    },
  },
  {
    name: 'a key that runs elsewhere is run here, too',
    profile: 'amqp',
    parts: {
      idempotency: (store) => ({
        ...store,
        claim: async (...asked) => {
          const found = await store.claim(...asked);
          if (found.state !== 'running') return found;
          return {
            state: 'fresh',
            starts: 1,
            settle: async () => 'recorded',
            release: async () => undefined,
            abandon: async () => undefined,
          };
        },
        read: async (key) => {
          const found = await store.read(key);
          return found.state === 'running' ? { state: 'none' } : found;
        },
      }),
    },
  },
  {
    name: 'the claim of an answer that could not be recorded is kept for good',
    profile: 'amqp',
    parts: {
      idempotency: (store) => ({
        ...store,
        async claim(...asked) {
          const found = await store.claim(...asked);
          if (found.state !== 'fresh') return found;
          return { ...found, release: async () => undefined, abandon: async () => undefined };
        },
      }),
    },
  },
];

/** Each hold ends with the run that it is for, not with what comes after it. */
function releasedEarly(): PlantedBug['parts'] {
  const release = new Map<string, () => void>();
  return {
    locks: (locks): LockProvider => ({
      ...locks,
      hold: (keys, options, work) =>
        new Promise((resolve, reject) => {
          const { owner } = options;
          const held = (given: Parameters<typeof work>[0]): Promise<void> =>
            new Promise((end) => {
              release.set(owner, end);
              work(given).then(resolve, reject).finally(end);
            });
          locks.hold(keys, options, held).catch(reject);
        }),
    }),
    handlers: (handlers) =>
      handlers.map((handler) => ({
        ...handler,
        async run(request, context) {
          try {
            return await handler.run(request, context);
          } finally {
            release.get(context.messageId)?.();
          }
        },
      })),
  };
}
