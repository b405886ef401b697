import { inspect, isDeepStrictEqual } from 'node:util';
import type { Attempt, History, Run, SimulationEvent, TrackedMessage } from './history.js';
import type { Invariant } from './invariant.js';
import { effectInvariants } from './invariants-of-runs.js';

const messageOf = (event: SimulationEvent, { messages }: History): TrackedMessage | undefined =>
  event.messageId === undefined ? undefined : messages.get(event.messageId);

const attemptOf = (event: SimulationEvent, { attempts }: History): Attempt | undefined =>
  event.request === undefined ? undefined : attempts[event.request - 1];

/** Requests with one key are one effect. */
function runsFor(attempt: Attempt, { runs, attempts }: History): Run[] {
  const isTwin = (other: Attempt | undefined): boolean =>
    other === attempt ||
    (attempt.key !== undefined &&
      other?.key === attempt.key &&
      other.action === attempt.action &&
      other.caller === attempt.caller);
  return runs.filter(({ request }) => request !== undefined && isTwin(attempts[request - 1]));
}

const nameOf = ({ number }: { readonly number: number }): string => `request ${number}`;

const accounted: Invariant = {
  name: 'INV1',
  says: 'what was accepted ends answered, expired or set aside, and nobody is told what is not so',
  onEvent(event, history) {
    const { what, detail } = event;
    const message = messageOf(event, history);
    if (what === 'settled' && detail === 'ack' && message?.wantsReply) {
      if (message.isAnswered || event.atMs >= message.deadlineMs) return undefined;
      return `request ${event.request ?? '?'} was acked before the broker had a reply to it`;
    }
    if (what === 'lapsed' && message && event.atMs - message.deliveredAtMs >= longestHoldMs) {
      return `request ${event.request ?? '?'} was never settled by the worker that had it`;
    }
    const attempt = what === 'told' ? attemptOf(event, history) : undefined;
    const { told } = attempt ?? {};
    if (!attempt || !told) return undefined;
    const runs = runsFor(attempt, history);
    if (told.kind === 'sent' && !(history.messages.get(attempt.messageId ?? '')?.accepted ?? 0)) {
      return `the sender of ${nameOf(attempt)} was told that the broker has it, and it has not`;
    }
    if (told.kind === 'value' && !runs.some(({ ending }) => ending && 'value' in ending)) {
      return `${nameOf(attempt)} was told a value, and no run had one`;
    }
    if (told.kind !== 'error') return undefined;
    if (told.outcome === 'not_executed' && runs.some(({ request }) => request === attempt.number)) {
      return `${nameOf(attempt)} was told not_executed (${told.code}), and it was started`;
    }
    const isUnfounded = told.code === 'crashed' && runs.length === 0 && !mayHaveStarted(attempt, history);
    return isUnfounded ? `${nameOf(attempt)} was told crashed, and it was not about to start` : undefined;
  },
  atEnd(history) {
    const { attempts, messages, runs } = history;
    const lost: string[] = [];
    for (const message of messages.values()) {
      const attempt = message.request === undefined ? undefined : attempts[message.request - 1];
      if (message.accepted > message.ended) lost.push(`request ${message.request ?? '?'} is still with the broker`);
      if (!attempt?.isOneWay || attempt.told?.kind !== 'sent' || message.quarantined !== undefined) continue;
      const isDone = runs.some(({ messageId, ending }) => messageId === message.id && ending !== undefined);
      if (!isDone && !hasTwin(attempt, history) && message.deadlineMs === Infinity)
        lost.push(`request ${attempt.number} was accepted, and not done`);
    }
    for (const attempt of attempts) if (isUnheard(attempt)) lost.push(`${nameOf(attempt)} failed with nothing broken`);
    return lost;
  },
};

/** No wait of a worker is that long: the one for locks has ten minutes. */
const longestHoldMs = 1_200_000;

/** Whoever has its key was done, or set aside, for it. */
function hasTwin(attempt: Attempt, history: History): boolean {
  if (attempt.key === undefined) return false;
  if (runsFor(attempt, history).length > 0) return true;
  return history.attempts.some(
    ({ key, messageId = '' }) => key === attempt.key && history.messages.get(messageId)?.quarantined !== undefined,
  );
}

/** Its key was taken right before a crash: whoever finds that cannot know that it was not started. */
function mayHaveStarted(attempt: Attempt, { attempts, claims }: History): boolean {
  return attempts.some(
    ({ messageId, key, number }) =>
      (number === attempt.number || (key !== undefined && key === attempt.key)) &&
      claims.some(
        ({ messageId: owner, openedAtMs, stoppedAtMs = Infinity }) =>
          owner === messageId && stoppedAtMs - openedAtMs <= longestStartMs,
      ),
  );
}

/** From the key to the run it is one answer of a store. */
const longestStartMs = 1_000;

/** Made when nothing was broken any more, with time enough: there is no reason for it to fail. */
function isUnheard({ afterFaults, timeoutMs = Infinity, told, callerFailed }: Attempt): boolean {
  if (!afterFaults || callerFailed || timeoutMs < 60_000 || told?.kind !== 'error') return false;
  return told.code !== 'crashed' && told.code !== 'poisoned' && told.code !== 'failed';
}

const inTime: Invariant = {
  name: 'INV2',
  says: 'nothing starts after its deadline and the tolerated skew',
  onEvent(event, history) {
    const message = event.what === 'runs' ? messageOf(event, history) : undefined;
    const lateMs = event.atMs - (message?.deadlineMs ?? Infinity);
    if (lateMs <= history.lateStartMs) return undefined;
    return `request ${event.request ?? '?'} was started ${lateMs} ms after its deadline`;
  },
};

const settled: Invariant = {
  name: 'INV4',
  says: 'every call is settled by its timeout, and with the answer if that came in time',
  onEvent(event, history) {
    const attempt = event.what === 'told' ? attemptOf(event, history) : undefined;
    const { calledAtMs = 0, timeoutMs = Infinity, callerFailed, told, repliedAtMs } = attempt ?? {};
    if (!attempt || callerFailed) return undefined;
    if (event.atMs > calledAtMs + timeoutMs + 1) {
      return `${nameOf(attempt)} was settled ${event.atMs - calledAtMs - timeoutMs} ms after its timeout`;
    }
    const isMissed = told?.kind === 'error' && told.code === 'deadline_exceeded' && repliedAtMs !== undefined;
    return isMissed && repliedAtMs < event.atMs
      ? `${nameOf(attempt)} was not told the answer that had come`
      : undefined;
  },
  atEnd: ({ attempts }) =>
    attempts
      .filter(({ told, callerFailed }) => told === undefined && !callerFailed)
      .map((attempt) => `${nameOf(attempt)} was never settled`),
};

const nothingLeft: Invariant = {
  name: 'INV7',
  says: 'nothing is left in hand, waiting, locked or set as a timer when all is over',
  atEnd: ({ leftovers }) =>
    Object.entries(leftovers)
      .filter(([, number]) => number !== 0)
      .map(([what, number]) => `${number} ${what} are left`),
};

const noIncidents: Invariant = {
  name: 'INV8',
  says: 'nothing fails in a way that nobody has foreseen',
  atEnd: ({ incidents, attempts }) => [
    ...incidents,
    ...attempts.flatMap((attempt) =>
      attempt.told?.kind === 'thrown' ? [`${nameOf(attempt)} was told ${inspect(attempt.told.error)}`] : [],
    ),
  ],
};

const ownAnswer: Invariant = {
  name: 'INV10',
  says: 'a call is only told an answer to itself, and one key has one answer',
  onEvent(event, history) {
    const attempt = event.what === 'told' ? attemptOf(event, history) : undefined;
    if (attempt?.told?.kind !== 'value') return undefined;
    const { value } = attempt.told;
    const isOwn = runsFor(attempt, history).some(
      ({ ending }) => ending && 'value' in ending && isDeepStrictEqual(ending.value, value),
    );
    if (!isOwn) return `${nameOf(attempt)} was told an answer that no run of it gave`;
    const other = history.attempts.find(
      ({ key, action, caller, told }) =>
        key !== undefined &&
        key === attempt.key &&
        action === attempt.action &&
        caller === attempt.caller &&
        told?.kind === 'value' &&
        !isDeepStrictEqual(told.value, value),
    );
    return other && `${nameOf(attempt)} and ${nameOf(other)} have one key, and were told two answers`;
  },
};

/** That these words, of a secret, are in no log, no answer and nothing that was set aside. */
export function neverTold(words: string): Invariant {
  const isIn = (what: unknown): boolean =>
    inspect(what, { depth: Infinity, maxStringLength: Infinity }).includes(words);
  return {
    name: 'INV9',
    says: `${JSON.stringify(words)} is told to nobody`,
    atEnd: ({ logged, setAside, attempts }) => [
      ...logged.filter(isIn).map(({ who, text }) => `${who} logged the secret: ${text}`),
      ...setAside.filter(isIn).map(() => 'the secret was set aside with its request'),
      ...attempts.filter(({ told }) => isIn(told)).map((attempt) => `${nameOf(attempt)} was told the secret`),
    ],
  };
}

/** What holds for every system built on Samovar, whatever goes wrong. */
export const invariants: readonly Invariant[] = [
  ...[accounted, inTime, ...effectInvariants, settled, nothingLeft, noIncidents, ownAnswer],
];
