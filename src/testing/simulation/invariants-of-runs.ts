import type { History, Run, SimulationEvent } from './history.js';
import type { Invariant } from './invariant.js';

/** The run that an event of the start of one is about. */
function started(event: SimulationEvent, { runs }: History): Run | undefined {
  return event.what === 'runs' ? runs.at(-1) : undefined;
}

const nameOf = ({ request, node }: Run): string => `request ${request ?? '?'} at ${node}`;

const once: Invariant = {
  name: 'INV3',
  says: 'a request starts once, and again only for a reason; one key has one effect',
  onEvent(event, history) {
    if (event.what === 'stage' && event.detail === 'recorded') return unrecorded(event, history);
    const run = started(event, history);
    const message = run && history.messages.get(run.messageId);
    if (!run || !message) return undefined;
    if (!message.at.get(run.node)) return `${nameOf(run)} was started after it had been settled`;
    if (message.starts > message.accepted + message.handedBack) {
      return `${nameOf(run)} was started ${message.starts} times without a reason`;
    }
    const earlier = history.runs.filter(({ messageId }) => messageId === run.messageId);
    if (run.onCrash === 'park' && earlier.some((other) => other !== run && !wasReleased(other))) {
      return `${nameOf(run)} was started again, though its action is parked after a crash`;
    }
    const { claim } = run;
    // Another delivery of a request without a key may have had one: what comes again is known by its id.
    const isKeyed = run.onCrash === 'park' || history.attempts[(run.request ?? 0) - 1]?.key !== undefined;
    if (!claim || !isKeyed) return undefined;
    if (claim.state === 'released' || claim.state === 'recorded') {
      return `${nameOf(run)} was started without its key, which was ${claim.state}`;
    }
    const others = history.claims.filter((other) => other !== claim && other.key === claim.key);
    const is = others.find(({ state }) => state === 'recorded' || (state === 'open' && claim.state === 'open'));
    return is && `${nameOf(run)} was started though its key was ${is.state} at ${is.node}`;
  },
};

function unrecorded({ messageId, who, request }: SimulationEvent, { claims }: History): string | undefined {
  const claim = claims.findLast((each) => each.messageId === messageId && each.node === who);
  if (claim?.state === 'recorded') return undefined;
  return `request ${request ?? '?'} at ${who} counts as recorded, and its key was ${claim?.state ?? 'never claimed'}`;
}

/** Its claim was given back by itself: it gave way before it had an effect, or its handler failed. */
function wasReleased({ claim }: Run): boolean {
  return claim?.state === 'released';
}

const apart: Invariant = {
  name: 'INV5',
  says: 'an exclusive lock has one holder from before the run until its answer is recorded, and fences rise',
  onEvent(event, history) {
    const run = started(event, history);
    if (!run || run.locks.length === 0) return undefined;
    for (const other of history.runs) {
      const name = other === run ? undefined : conflict(run, other);
      if (name === undefined) continue;
      if (other.fence >= run.fence) return `${nameOf(run)} has fence ${run.fence}, after fence ${other.fence}`;
      if (isOn(other)) return `${nameOf(run)} was started while ${nameOf(other)} had lock ${name}`;
    }
    return undefined;
  },
};

function conflict(one: Run, other: Run): string | undefined {
  return one.locks.find((lock) =>
    other.locks.some(({ name, mode }) => name === lock.name && (mode === 'exclusive' || lock.mode === 'exclusive')),
  )?.name;
}

/** It may still have an effect, or its answer is still on its way to the store; and it may rely on its locks. */
function isOn({ isDead, endedAtMs, claim, hold }: Run): boolean {
  if (isDead || hold?.state === 'lapsed' || claim?.state === 'lapsed') return false;
  return endedAtMs === undefined || claim?.state === 'open';
}

const inOrder: Invariant = {
  name: 'INV6',
  says: 'first starts of a group are in the order of its sends, where the transport promises that',
  onEvent(event, history) {
    const run = history.profile === 'sqs' ? started(event, history) : undefined;
    const attempt = run?.request === undefined ? undefined : history.attempts[run.request - 1];
    if (!run || attempt?.group === undefined) return undefined;
    if (history.runs.some((other) => other !== run && other.messageId === run.messageId)) return undefined;
    const overtaken = history.attempts.find(
      ({ group, sentAtMs = Infinity, number }) =>
        group === attempt.group &&
        sentAtMs < attempt.calledAtMs &&
        number !== attempt.number &&
        isWaiting(history, number),
    );
    return overtaken && `${nameOf(run)} was started before request ${overtaken.number} of its group`;
  },
};

/** The broker has it, and nobody has started it. */
function isWaiting({ attempts, messages }: History, number: number): boolean {
  const message = messages.get(attempts[number - 1]?.messageId ?? '');
  return message?.starts === 0 && message.accepted > message.ended;
}

export const effectInvariants: readonly Invariant[] = [once, apart, inOrder];
