import { expect, test } from 'vitest';
import type { Effect } from '../support/effects.js';
import { check, type Attempt, type History, type Invariant } from './checker.js';

const value = { kind: 'value' } as const;
const error = (outcome: 'not_executed' | 'unknown') => ({ kind: 'error', code: 'unavailable', outcome }) as const;

function attempt(subject: string, more: Partial<Attempt> = {}): Attempt {
  return { subject, calledAt: 1_000, timeoutMs: 10_000, settledAt: 1_100, told: value, ...more };
}

/** Each `start x` or `end x`, a millisecond after the one before. */
function effects(...lines: readonly string[]): Effect[] {
  const runs = new Map<string, number>();
  return lines.map((line, nth) => {
    const [verb = '', subject = ''] = line.split(' ');
    if (verb === 'start') runs.set(subject, nth);
    const run = `run ${runs.get(subject)}`;
    return { kind: verb === 'start' ? 'start' : 'finish', subject, run, pid: 1, at: 1_001 + nth };
  });
}

const history = (attempts: readonly Attempt[], done: readonly Effect[], more: Partial<History> = {}): History => ({
  ...{ attempts, effects: done, quarantined: [], leftovers: { 'pending calls': 0 }, incidents: [] },
  ...more,
});

test('a history in which all is as it was told has nothing against it', () => {
  const verdict = check(
    history(
      [
        attempt('done', { key: 'k', lock: 'l', group: 'g' }),
        attempt('repeated', { key: 'k', group: 'g' }),
        attempt('refused', { told: error('not_executed') }),
        attempt('unknown, not done', { told: error('unknown') }),
        attempt('recovered', { told: error('unknown'), lock: 'l' }),
        attempt('expired', { settledAt: 1_050, timeoutMs: 60 }),
        attempt('aside', { timeoutMs: Infinity }),
      ],
      effects('start done', 'end done', 'start recovered', 'end recovered'),
      { quarantined: ['aside'] },
    ),
  );
  expect(verdict).toEqual({
    ...{ attempted: 7, accepted: 4, lost: 0, unexpected: 0, duplicated: 0, recovered: 1 },
    violations: [],
  });
});

const broken: readonly { what: string; invariant: Invariant; history: History; counted?: object }[] = [
  {
    what: 'an accepted request that nobody did',
    invariant: 'INV1',
    history: history([attempt('a')], []),
    counted: { accepted: 1, lost: 1 },
  },
  {
    what: 'a run that nobody asked for',
    invariant: 'INV1',
    history: history([], effects('start a')),
    counted: { attempted: 0, unexpected: 1 },
  },
  {
    what: 'a run whose caller was told that there was none',
    invariant: 'INV1',
    history: history([attempt('a', { told: error('not_executed') })], effects('start a')),
    counted: { unexpected: 1 },
  },
  {
    what: 'a start after the deadline',
    invariant: 'INV2',
    history: history(
      [attempt('a', { calledAt: -5_000, timeoutMs: 2_000, settledAt: -3_000 })],
      effects('start a', 'end a'),
    ),
  },
  {
    what: 'two effects of one key',
    invariant: 'INV3',
    history: history(
      [attempt('a', { key: 'k' }), attempt('b', { key: 'k' })],
      effects('start a', 'end a', 'start b', 'end b'),
    ),
  },
  {
    what: 'two effects of one request with a key',
    invariant: 'INV3',
    history: history([attempt('a', { key: 'k' })], effects('start a', 'end a', 'start a', 'end a')),
    counted: { duplicated: 1 },
  },
  {
    what: 'a call that is never settled',
    invariant: 'INV4',
    history: history([{ subject: 'a', calledAt: 1_000, timeoutMs: 1_000, told: { kind: 'nothing' } }], []),
  },
  {
    what: 'a call that is settled late',
    invariant: 'INV4',
    history: history([attempt('a', { timeoutMs: 1_000, settledAt: 3_001, told: error('unknown') })], []),
  },
  {
    what: 'two holders of a lock',
    invariant: 'INV5',
    history: history(
      [attempt('a', { lock: 'l' }), attempt('b', { lock: 'l' })],
      effects('start a', 'start b', 'end a', 'end b'),
    ),
  },
  {
    what: 'a group out of its order',
    invariant: 'INV6',
    history: history(
      [attempt('a', { group: 'g' }), attempt('b', { group: 'g' })],
      effects('start b', 'end b', 'start a', 'end a'),
    ),
  },
  {
    what: 'a call that is still pending',
    invariant: 'INV7',
    history: history([], [], { leftovers: { 'pending calls': 1 } }),
  },
  {
    what: 'a rejection that nobody handles',
    invariant: 'INV8',
    history: history([], [], { incidents: ['worker 1: unhandled rejection'] }),
  },
];

test.each(broken)('$what is found: $invariant', ({ invariant, history: of, counted = {} }) => {
  const verdict = check(of);
  expect(verdict.violations.map((violation) => violation.invariant)).toEqual([invariant]);
  expect(verdict).toMatchObject(counted);
});

test('a policy that may repeat an effect after a crash is no violation', () => {
  const twice = history([attempt('a', { key: 'k' })], effects('start a', 'end a', 'start a', 'end a'));
  expect(check(twice, { finishesPerKey: 2 })).toMatchObject({ duplicated: 1, violations: [] });
});
