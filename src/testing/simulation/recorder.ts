import type { Logger } from '../../core/log.js';
import type { MutableHistory, SimulationEvent, TrackedMessage } from './history.js';
import type { Invariant, Violation } from './invariant.js';
import type { SimulatedProcess } from './process.js';
import type { Profile } from './profile.js';

/** Writes the history down, and has it judged as it goes. */
export interface Recorder {
  readonly history: MutableHistory;
  readonly violations: readonly Violation[];
  event(event: Omit<SimulationEvent, 'atMs'>): void;
  /** Something that must never happen. */
  incident(what: string): void;
  /** The request with this message id, where it is one. */
  message(id: string): TrackedMessage | undefined;
  messages: Map<string, TrackedMessage>;
  nowMs(this: void): number;
  /** Keeps what a process logs. */
  logOf(process: Pick<SimulatedProcess, 'name' | 'state'>): Logger;
  judgeEnd(): void;
}

/** What the runtime logs when it is itself at fault. */
const ownFailures: ReadonlySet<string> = new Set(['the worker failed', 'a hook failed']);

export function createRecorder(parts: {
  readonly nowMs: () => number;
  readonly invariants: readonly Invariant[];
  readonly profile: Profile;
  readonly lateStartMs: number;
}): Recorder {
  const { nowMs, invariants, profile, lateStartMs } = parts;
  const messages = new Map<string, TrackedMessage>();
  const history: MutableHistory = {
    ...{ events: [], attempts: [], runs: [], messages, claims: [], holds: [], incidents: [], logged: [], setAside: [] },
    leftovers: {},
    profile: profile.name,
    lateStartMs,
  };
  const violations: Violation[] = [];
  const judges = invariants.filter(({ onEvent }) => onEvent !== undefined);

  function report(invariant: string, what: string): void {
    // The first tells what went wrong; what follows from it would bury it.
    if (violations.some((known) => known.invariant === invariant && known.what === what)) return;
    violations.push({ invariant, what, atMs: nowMs(), after: history.events.length });
  }

  return {
    history,
    violations,
    messages,
    event(given) {
      const request = given.request ?? (given.messageId ? messages.get(given.messageId)?.request : undefined);
      const event: SimulationEvent = { ...given, request, atMs: nowMs() };
      history.events.push(event);
      for (const judge of judges) {
        const what = judge.onEvent?.(event, history);
        if (what !== undefined) report(judge.name, what);
      }
    },
    incident: (what) => void history.incidents.push(what),
    message: (id) => messages.get(id),
    nowMs,
    logOf(process) {
      const keep = (fields: object, text: string): void => {
        if (process.state !== 'dead') history.logged.push({ who: process.name, text, fields });
      };
      const alarm = (fields: object, text: string): void => {
        keep(fields, text);
        if (ownFailures.has(text)) history.incidents.push(`${process.name} logged: ${text}`);
      };
      return { debug: keep, info: keep, warn: keep, error: alarm };
    },
    judgeEnd() {
      for (const { name, atEnd } of invariants) for (const what of atEnd?.(history) ?? []) report(name, what);
    },
  };
}
