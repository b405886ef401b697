import { z } from 'zod';
import { defineAction, defineHandler, exclusive, shared, type CallOptions } from '../../src/index.js';
import {
  createSeededRandom,
  createSimulation,
  type Fault,
  type FaultChances,
  type SimulatedPlace,
  type SimulationOptions,
  type SimulationParts,
  type SimulationReport,
  type SimulationStage,
} from '../../src/testing/index.js';

const request = z.object({
  subject: z.string(),
  ms: z.int(),
  lock: z.string().optional(),
  isShared: z.boolean().optional(),
});
const response = z.object({ subject: z.string(), run: z.string() });
export const work = defineAction({ name: 'work', summary: 'Works for a while.', request, response });
export const workOnce = defineAction({ name: 'work_once', summary: 'Never runs twice.', request, response });

export function modelHandlers({ clock, process }: SimulatedPlace) {
  let runs = 0;
  const handlerOf = (action: typeof work, onCrash: 'retry' | 'park') =>
    defineHandler(action, {
      onCrash,
      locks: ({ lock, isShared }) => (lock === undefined ? [] : [isShared ? shared(lock) : exclusive(lock)]),
      async run({ subject, ms }, { signal }) {
        runs += 1;
        const run = `${process.name}-${clock.monotonicMs()}-${runs}`;
        if (ms > 0) await sleep(ms, signal);
        return { subject, run };
      },
    });
  const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const cancel = clock.after(ms, resolve);
      signal.addEventListener('abort', () => {
        cancel();
        reject(signal.reason as Error);
      });
    });
  return [handlerOf(work, 'retry'), handlerOf(workOnce, 'park')];
}

/** One request of a plan. */
export interface PlannedRequest {
  readonly atMs: number;
  readonly caller: number;
  readonly once: boolean;
  readonly isOneWay: boolean;
  readonly subject: string;
  readonly ms: number;
  readonly lock?: string;
  readonly isShared?: boolean;
  readonly options: Pick<CallOptions, 'idempotencyKey' | 'groupKey' | 'timeoutMs'>;
}

export type PlanEntry = { readonly request: PlannedRequest } | { readonly fault: Fault };

export interface ModelOptions {
  readonly seed: number;
  readonly profile: 'amqp' | 'sqs';
  /** Instead of what the seed draws. */
  readonly plan?: readonly PlanEntry[];
  readonly parts?: SimulationParts;
}

/** A few requests and, mostly, some faults, all drawn from the seed. */
export async function runModel({ seed, profile, plan, parts }: ModelOptions): Promise<SimulationReport> {
  const random = createSeededRandom(seed ^ 0x5eed);
  const drawn = drawRequests(random, profile);
  const chances = drawChances(random, profile);
  const server = { concurrency: random.pick([1, 2, 4]), lockWaitMs: 600_000 };
  const requests = plan ? plan.flatMap((entry) => ('request' in entry ? entry.request : [])) : drawn;
  const simulation = createSimulation({
    ...{ seed, profile, handlers: modelHandlers, server, nodes: 2, callers: 2, chanceMs: 8_000 },
    ...(plan ? { faults: plan.flatMap((entry) => ('fault' in entry ? entry.fault : [])) } : { chances }),
    ...(parts && { parts }),
  } satisfies SimulationOptions);
  return simulation.run((stage) => play(stage, requests));
}

/** The plan of a run that failed, to be shortened. */
export function planOf(seed: number, profile: 'amqp' | 'sqs', { faults }: SimulationReport): PlanEntry[] {
  const requests = drawRequests(createSeededRandom(seed ^ 0x5eed), profile);
  return [...requests.map((one) => ({ request: one })), ...faults.map((fault) => ({ fault }))];
}

type Random = ReturnType<typeof createSeededRandom>;

function drawRequests(random: Random, profile: 'amqp' | 'sqs'): PlannedRequest[] {
  return Array.from({ length: 3 + random.below(5) }, (_, nth): PlannedRequest => {
    const isKeyed = random.below(2) === 0;
    const key = random.below(3);
    // Requests with one key are the same request.
    const of = isKeyed ? createSeededRandom(key) : random;
    const once = of.below(3) === 0;
    const lock = of.below(2) === 0 ? of.pick(['a', 'b']) : undefined;
    const isOneWay = random.below(5) === 0;
    const timeoutMs = random.pick([1_000, 15_000, 60_000, 120_000]);
    const group = profile === 'sqs' && random.below(2) === 0 ? random.pick(['g', 'h']) : undefined;
    return {
      ...{ atMs: random.below(6_000), caller: isKeyed ? key % 2 : random.below(2), once, isOneWay },
      ...{ subject: isKeyed ? `key-${key}` : `request-${nth}`, ms: of.pick([0, 0, 5, 200, 3_000, 22_000]) },
      ...(lock !== undefined && { lock, isShared: of.below(4) === 0 }),
      options: {
        ...(isKeyed && { idempotencyKey: `key-${key}` }),
        ...(group !== undefined && { groupKey: group }),
        ...(!isOneWay && { timeoutMs }),
      },
    };
  });
}

function drawChances(random: Random, profile: 'amqp' | 'sqs'): FaultChances {
  const sometimes = (chance: number): number => (random.below(3) === 0 ? chance : 0);
  // One run in eight meets no fault at all.
  if (random.below(8) === 0) return {};
  return {
    crash: sometimes(0.03),
    pause: sometimes(0.02),
    stop: sometimes(0.01),
    cut: sometimes(0.1),
    'locks-away': sometimes(0.05),
    'idempotency-away': sometimes(0.05),
    'lose-send': sometimes(0.05),
    'lose-confirm': sometimes(0.05),
    ...(profile === 'amqp' && { 'broker-down': sometimes(0.03), 'broker-crash': sometimes(0.03) }),
  };
}

async function play({ callers, wait, faultsOver }: SimulationStage, requests: readonly PlannedRequest[]) {
  const begin = async ({ caller, once, isOneWay, subject, ms, lock, isShared, options }: PlannedRequest) => {
    const from = callers[caller % callers.length];
    const body = { subject, ms, ...(lock !== undefined && { lock, isShared }) };
    const action = once ? workOnce : work;
    await (isOneWay ? from?.send(action, body, options) : from?.call(action, body, options))?.catch(() => undefined);
  };
  const repeats = new Map<string, PlannedRequest>();
  for (const request of [...requests].sort((one, other) => one.atMs - other.atMs)) {
    void wait(request.atMs).then(() => begin(request));
    const { idempotencyKey: key } = request.options;
    if (key !== undefined) repeats.set(`${key} ${request.once}`, request);
  }
  await wait(6_000);
  await faultsOver();
  // Whatever they were told, a repeat with the key fetches the answer.
  for (const repeat of repeats.values()) {
    await begin({ ...repeat, isOneWay: false, options: { ...repeat.options, timeoutMs: 600_000 } });
  }
}
