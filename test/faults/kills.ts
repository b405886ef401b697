import { failpoints, type FailpointName } from '../support/failpoint.js';

/** Who answers the caller, or what it is told instead; the request is then set aside with that reason. */
type Answer = 'first' | 'second' | 'crashed';

interface Expected {
  readonly starts: number;
  readonly finishes: number;
  readonly answer: Answer;
  /** Whether the broker hands it out again. */
  readonly again: boolean;
}

const runs = (starts: number, finishes: number, answer: Answer, again = true): Expected => ({
  ...{ starts, finishes, answer, again },
});
/** No effect before the crash: the second worker does it. */
const elsewhere = runs(1, 1, 'second');
/** The answer of the first worker is known, or on its way. */
const asKnown = runs(1, 1, 'first');
const settled = runs(1, 1, 'first', false);

/** What a worker killed at a stage leaves behind, for each way of asking. */
const table: Record<FailpointName, Record<'no key' | 'retry' | 'park', Expected | 'not passed'>> = {
  received: { 'no key': elsewhere, retry: elsewhere, park: elsewhere },
  parsed: { 'no key': elsewhere, retry: elsewhere, park: elsewhere },
  validated: { 'no key': elsewhere, retry: elsewhere, park: elsewhere },
  locked: { 'no key': elsewhere, retry: elsewhere, park: elsewhere },
  // From the claim on it counts as started.
  claimed: { 'no key': 'not passed', retry: elsewhere, park: runs(0, 0, 'crashed') },
  started: { 'no key': runs(2, 1, 'second'), retry: runs(2, 1, 'second'), park: runs(1, 0, 'crashed') },
  'effect-done': { 'no key': runs(2, 2, 'second'), retry: runs(2, 2, 'second'), park: runs(1, 1, 'crashed') },
  recorded: { 'no key': 'not passed', retry: asKnown, park: asKnown },
  unlocked: { 'no key': runs(2, 2, 'second'), retry: asKnown, park: asKnown },
  'reply-published': { 'no key': runs(2, 2, 'first'), retry: asKnown, park: asKnown },
  'reply-confirmed': { 'no key': runs(2, 2, 'first'), retry: asKnown, park: asKnown },
  acked: { 'no key': settled, retry: settled, park: settled },
};
/** A worker that is killed at a stage of a request, and what is seen then. */
export const kills = failpoints.flatMap((stage) =>
  (['no key', 'retry', 'park'] as const).map((asked) => ({ stage, asked, expected: table[stage][asked] })),
);
