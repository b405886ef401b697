import { randomUUID } from 'node:crypto';
import { defineHandler, exclusive, systemClock, type Handler } from '../../../src/index.js';
import type { EffectsFile } from '../../support/effects.js';
import type { Failpoint } from '../../support/failpoint.js';
import { work } from './actions.js';
import { writeToResource } from './resource.js';
import type { WorkerSettings } from './start-worker.js';

export interface WorkParts extends Pick<WorkerSettings, 'holds' | 'ending' | 'onCrash' | 'resourceUrl'> {
  readonly failpoint?: Failpoint;
  readonly effects: EffectsFile | undefined;
  /** Ends the runs that are held. */
  readonly going?: Promise<void>;
  readonly say?: (line: string) => void;
  readonly onStart?: () => unknown;
}

function eatMemory(): never {
  for (const eaten: number[][] = []; ;) eaten.push(new Array<number>(1_000_000).fill(eaten.length));
}

/** The handler of the worker processes, and of those that take over from them. */
export function handleWork(parts: WorkParts): Handler {
  const { effects, going, holds = true, ending = 'obeys', onCrash, failpoint, resourceUrl, say, onStart } = parts;

  function aborted(subject: string, signal: AbortSignal): Promise<never> {
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        say?.(`aborted ${subject}`);
        if (ending === 'obeys') reject(signal.reason as Error);
      });
    });
  }

  return defineHandler(work, {
    locks: ({ lock }) => (lock === undefined ? [] : [exclusive(lock)]),
    ...(onCrash && { onCrash }),
    async run({ subject, ms, holds: isToHold, eats, tags }, { signal, messageId, redelivered, attempt, fence }) {
      const run = randomUUID();
      onStart?.();
      effects?.start(subject, run);
      failpoint?.inTheMiddle(messageId);
      if (eats) eatMemory();
      // What hostile JSON would do to a careless handler.
      const merged: object = Object.assign({}, tags);
      if (Object.getPrototypeOf(merged) !== Object.prototype) throw new Error('a request brought a prototype along');
      if (isToHold && holds) {
        say?.(`started ${subject} ${messageId}`);
        await Promise.race([going, aborted(subject, signal)]);
      }
      if (ms > 0) await new Promise<void>((resolve) => void systemClock.after(ms, resolve));
      if (resourceUrl !== undefined) say?.(`${await writeToResource(resourceUrl, { subject, fence })} ${subject}`);
      effects?.finish(subject, run);
      return { pid: process.pid, redelivered, attempt };
    },
  });
}
