import type { Clock } from '../../core/clock.js';
import { createMemoryBroker } from '../../../transports/memory/index.js';
import { createManualClock } from '../manual-clock.js';
import { createSeededRandom, type SeededRandom } from '../seeded-random.js';
import { createCast } from './cast.js';
import { createDirector } from './director.js';
import type { Fault } from './fault.js';
import { invariants } from './invariants.js';
import type { SimulatedCaller } from './caller.js';
import { profiles } from './profile.js';
import { createRecorder } from './recorder.js';
import { createReport, type SimulationReport } from './report.js';
import type { SimulationOptions } from './simulation-options.js';
import { trackBroker } from './tracking.js';
import { latencyMs, newStates, type World } from './world.js';

/** What a scenario has to work with. */
export interface SimulationStage {
  readonly callers: readonly SimulatedCaller[];
  /** The time of the simulation; its wall clock is right, those of the processes are off. */
  readonly clock: Clock;
  readonly random: SeededRandom;
  /** Resolves after so long, in simulated time. */
  wait(this: void, ms: number): Promise<void>;
  /** Resolves once nothing is broken any more, and every lease of what was has lapsed. */
  faultsOver(this: void): Promise<void>;
  /** Makes something go wrong now. */
  cause(this: void, fault: Omit<Fault, 'at'>): void;
}

/** A system of callers, workers, stores and a broker in this process, in a time of its own. */
export interface Simulation {
  /**
   * Runs the scenario, then goes on until nothing is on its way any more, stops everything and reports. Once only. A
   * call that rejects is no failure of the run; what breaks an invariant is.
   */
  run(scenario: (stage: SimulationStage) => Promise<void>): Promise<SimulationReport>;
}

const longestRunMs = 7_200_000;
/** Longer than any lease, and than what is put off. */
const graceMs = 60_000;

/** The same options, and with them the same seed, give the same run: every choice in it is drawn from the seed. */
export function createSimulation(options: SimulationOptions): Simulation {
  const { seed, address = 'work', maxSkewMs = 1_000, chanceMs = 10_000, server = {} } = options;
  const profile = profiles[options.profile];
  const clock = createManualClock({ settle: turnOfMicrotasks });
  const root = createSeededRandom(seed);
  const branch = (): SeededRandom => createSeededRandom(root.below(2 ** 32));
  const [random, directorRandom, castRandom, scenarioRandom] = [branch(), branch(), branch(), branch()];
  const recorder = createRecorder({
    nowMs: () => clock.monotonicMs(),
    invariants: [...invariants, ...(options.alsoHolds ?? [])],
    profile,
    lateStartMs: (server.clockSkewMs ?? 2_000) + 2 * maxSkewMs,
  });
  const broker = createMemoryBroker({
    ...{ clock, random, leaseMs: profile.leaseMs, signals: true, traits: profile.traits },
    schedule: (turn) => void clock.after(1 + latencyMs({ random }), turn),
    fate: () => world.writing,
    observe: (_address, message, event) => trackBroker(recorder, message, event),
  });
  const world: World = {
    ...{ clock, random, profile, recorder, broker, leases: new Set(), sentBefore: new Map() },
    ...newStates(),
    away: { locks: false, keys: false },
    writing: 'arrives',
    fateOf: (who) => director.fateOf(who),
  };
  const cast = createCast({
    ...{ world, address, maxSkewMs, options, random: castRandom },
    onStage: (who, stage, request) => director.onStage(who, stage, request),
    areFaultsOver: () => isHealed,
  });
  const director = createDirector({
    ...{ script: options.faults ?? [], chances: options.chances ?? {}, forMs: chanceMs, random: directorRandom },
    ...{ recorder, names: cast.names, cause: cast.cause },
    after: (ms, task) => void clock.after(ms, task),
  });
  let isHealed = false;
  let isUsed = false;

  const wait = (ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));

  async function faultsOver(): Promise<void> {
    const chanceLeftMs = options.chances ? chanceMs - clock.monotonicMs() : 0;
    if (chanceLeftMs > 0) await wait(chanceLeftMs);
    while (!director.isOver || !cast.isUp) await wait(100);
    await wait(graceMs);
    isHealed = director.isOver;
  }

  function isQuiet(): boolean {
    if (!director.isOver || !cast.isUp) return false;
    const isOver = (attempt: (typeof recorder.history.attempts)[number]): boolean =>
      attempt.told !== undefined || attempt.callerFailed;
    if (!recorder.history.attempts.every(isOver)) return false;
    for (const { accepted, ended } of recorder.messages.values()) if (accepted > ended) return false;
    return true;
  }

  async function run(scenario: (stage: SimulationStage) => Promise<void>): Promise<SimulationReport> {
    if (isUsed) throw new Error('expected a new simulation for each run; create one more');
    isUsed = true;
    cast.start();
    director.start();
    const stage: SimulationStage = {
      ...{ callers: cast.callers, clock, random: scenarioRandom, wait, faultsOver },
      cause: ({ what, who = cast.names[0] ?? '', forMs = 1_000 }) => cast.cause(what, who, forMs),
    };
    let isPlayed = false;
    let failure: { readonly error: unknown } | undefined;
    void scenario(stage).then(
      () => (isPlayed = true),
      (error: unknown) => (failure = { error }),
    );
    while (!(isPlayed && isQuiet()) && !failure && clock.monotonicMs() < longestRunMs) {
      await clock.advance(clock.monotonicMs() < 120_000 ? 250 : 5_000);
    }
    if (failure) throw failure.error;
    await cast.stop((ms) => clock.advance(ms));
    Object.assign(recorder.history.leftovers, cast.leftovers());
    recorder.judgeEnd();
    return createReport({ options, happened: director.happened, recorder });
  }

  return { run };
}

/** All that promises set off has happened when a tick comes: Node runs it after the last microtask. */
async function turnOfMicrotasks(): Promise<void> {
  await Promise.resolve();
  await new Promise<void>((resolve) => process.nextTick(resolve));
}
