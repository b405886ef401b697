import type { Stage } from '../../middleware/observe.js';
import type { SendFate } from '../../../transports/memory/index.js';
import type { SeededRandom } from '../seeded-random.js';
import { defaultForMs, describeFault, type Fault, type FaultChances, type FaultKind } from './fault.js';
import type { Recorder } from './recorder.js';

/** Makes go wrong what the script says, and what chance says. */
export interface Director {
  /** All that went wrong so far, as a script: with it and no chances the same happens again. */
  readonly happened: readonly Fault[];
  /** Sets the timers of what happens at a time. */
  start(): void;
  onStage(who: string, stage: Stage, request: number | undefined): void;
  fateOf(who: string): SendFate;
  /** Nothing more goes wrong by chance. */
  readonly isOver: boolean;
}

export interface DirectorParts {
  readonly script: readonly Fault[];
  readonly chances: FaultChances;
  /** How long chance lasts. */
  readonly forMs: number;
  readonly random: SeededRandom;
  readonly recorder: Recorder;
  readonly names: readonly string[];
  after(this: void, ms: number, task: () => void): void;
  cause(this: void, what: FaultKind, who: string, forMs: number): void;
}

const stageKinds = ['crash', 'pause', 'stop'] as const;
const timedKinds = ['cut', 'broker-down', 'broker-crash', 'locks-away', 'idempotency-away', 'pause', 'crash'] as const;

export function createDirector(parts: DirectorParts): Director {
  const { script, chances, forMs, random, recorder, names, after } = parts;
  const happened: Fault[] = [];
  const passed = new Map<string, number>();
  const byStage = new Map<string, Fault[]>();
  const bySend = new Map<number, Fault>();
  const firstNode = names[0] ?? '';
  let sends = 0;
  let open = 0;

  for (const fault of script) {
    const { at } = fault;
    if ('send' in at) bySend.set(at.send, fault);
    else if ('stage' in at) {
      const place = `${at.stage} ${at.request} ${at.nth ?? 1}`;
      byStage.set(place, [...(byStage.get(place) ?? []), fault]);
    }
  }

  function cause(fault: Fault, here: string): void {
    const { what, who = here, forMs: lastsMs = defaultForMs } = fault;
    happened.push(fault);
    recorder.event({ column: 'fault', who, what: 'fault', detail: describeFault(fault) });
    if (what === 'lose-send' || what === 'lose-confirm') return;
    open += 1;
    after(lastsMs, () => void (open -= 1));
    parts.cause(what, who, lastsMs);
  }

  /** From a blink to longer than any lease. */
  const draw = (): number => random.pick([5, 300, 1_000, 8_000, 15_000, 25_000, 40_000]) + random.below(50);
  const isDrawn = (chance: number | undefined): boolean => chance !== undefined && random.unit() < chance;
  const isActive = (): boolean => recorder.nowMs() < forMs;

  function startTimed(fault: Fault & { readonly at: { readonly ms: number } }): void {
    open += 1;
    after(fault.at.ms, () => {
      open -= 1;
      cause(fault, firstNode);
    });
  }

  return {
    happened,
    start() {
      for (const fault of script) {
        const { at } = fault;
        if ('ms' in at) startTimed({ ...fault, at });
      }
      for (let second = 0; second * 1_000 < forMs; second += 1) {
        for (const what of timedKinds) {
          if (!isDrawn(chances[what])) continue;
          const at = { ms: second * 1_000 + random.below(1_000) };
          startTimed({ at, what, who: random.pick(names), forMs: draw() });
        }
      }
    },
    onStage(who, stage, request = 0) {
      const place = `${stage} ${request}`;
      const nth = (passed.get(place) ?? 0) + 1;
      passed.set(place, nth);
      for (const fault of byStage.get(`${place} ${nth}`) ?? []) cause(fault, who);
      if (!isActive()) return;
      for (const what of stageKinds) {
        if (isDrawn(chances[what])) cause({ at: { stage, request, nth }, what, who, forMs: draw() }, who);
      }
    },
    fateOf(who) {
      sends += 1;
      const scripted = bySend.get(sends);
      if (scripted) cause(scripted, who);
      let what = scripted?.what;
      if (!scripted && isActive()) {
        what = isDrawn(chances['lose-send']) ? 'lose-send' : undefined;
        what ??= isDrawn(chances['lose-confirm']) ? 'lose-confirm' : undefined;
        if (what) cause({ at: { send: sends }, what, who }, who);
      }
      if (what === 'lose-send') return 'lost';
      return what === 'lose-confirm' ? 'unconfirmed' : 'arrives';
    },
    get isOver() {
      return open === 0;
    },
  };
}
