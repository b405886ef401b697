import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Abandoned, Claim, IdempotencyStore, Running } from '../../src/stores/idempotency.js';
import type { IdempotencyHarness } from '../../src/testing/idempotency-conformance.js';
import { owner } from '../../src/testing/stores/take.js';
import { createIdempotencyHarness } from './memory-harness.js';
import { createRedisIdempotencyHarness } from './redis-harness.js';

const stepKinds = [
  'read',
  'claim',
  'claim',
  'wait',
  'settle',
  'release',
  'abandon',
  'takeOver',
  'park',
  'crash',
] as const;

interface Step {
  readonly kind: (typeof stepKinds)[number] | 'lapse' | 'forget';
  /** Which of two processes does it. */
  readonly process: number;
  readonly key: string;
  readonly fingerprint: string;
  readonly hasStarted: boolean;
  /** Which of those there are, whatever their number. */
  readonly nth: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(...stepKinds, 'lapse' as const, 'forget' as const),
  process: fc.nat(1),
  key: fc.constantFrom('a', 'b'),
  fingerprint: fc.constantFrom('fp', 'fp', 'fp', 'another'),
  hasStarted: fc.boolean(),
  nth: fc.nat(1_000),
});

type Connection = Awaited<ReturnType<IdempotencyHarness['connect']>>;
type Found = Awaited<ReturnType<IdempotencyStore['read' | 'claim']>>;

interface Player {
  /** Does it, and says what was answered. */
  play(step: Step): Promise<unknown>;
  /** For each that waits whether it was woken, and for each open claim whether it was told that it is lost. */
  view(): unknown;
  close(): Promise<void>;
}

async function createPlayer(harness: IdempotencyHarness, prefix: string): Promise<Player> {
  const processes: Connection[] = [await harness.connect(), await harness.connect()];
  const opened = [...processes];
  const claims: Claim[] = [];
  const ended = new Set<Claim>();
  let running: { readonly seenBy: number; readonly found: Running }[] = [];
  let abandoned: { readonly seenBy: number; readonly found: Abandoned }[] = [];
  const woken: boolean[] = [];
  const never = new AbortController().signal;

  function note(seenBy: number, found: Found): unknown {
    if (found.state === 'fresh') claims.push(found);
    if (found.state === 'running') running.push({ seenBy, found });
    if (found.state === 'abandoned') abandoned.push({ seenBy, found });
    const { state } = found;
    // Only a store that promises to remember starts tells of them.
    return {
      state,
      ...('fingerprint' in found && { fingerprint: found.fingerprint }),
      ...('starts' in found && { starts: found.starts }),
      ...('reply' in found && { reply: found.reply }),
    };
  }

  const pick = <T>(all: readonly T[], nth: number): T | undefined => all[nth % all.length];

  async function wait(one: Running | undefined): Promise<unknown> {
    if (!one) return undefined;
    const place = woken.push(false) - 1;
    one.changed(never).then(
      () => (woken[place] = true),
      () => undefined,
    );
    return undefined;
  }

  /** Once: only a store that may be away is asked again. */
  async function end(claim: Claim | undefined, how: (claim: Claim) => Promise<unknown>): Promise<unknown> {
    if (!claim || ended.has(claim)) return undefined;
    ended.add(claim);
    return how(claim);
  }

  async function takeOver(one: (typeof abandoned)[number] | undefined): Promise<unknown> {
    const taken = await one?.found.takeOver();
    return !one || !taken || taken === 'lost' ? taken : note(one.seenBy, taken);
  }

  /** And looks: what is due to be forgotten is, once somebody does. */
  async function pass(process: number, ms: number): Promise<unknown> {
    await harness.advance(ms);
    const { store } = processes[process] as Connection;
    return [note(process, await store.read(`${prefix}a`)), note(process, await store.read(`${prefix}b`))];
  }

  return {
    async play({ kind, process, key, fingerprint, hasStarted, nth }) {
      const { store, crash } = processes[process] as Connection;
      if (kind === 'read') return note(process, await store.read(prefix + key));
      if (kind === 'claim') return note(process, await store.claim(prefix + key, fingerprint, owner));
      if (kind === 'wait') return wait(pick(running, nth)?.found);
      if (kind === 'settle') return end(pick(claims, nth), (claim) => claim.settle(`answer ${nth}`));
      if (kind === 'release') return end(pick(claims, nth), (claim) => claim.release({ hasStarted }));
      if (kind === 'abandon') return end(pick(claims, nth), (claim) => claim.abandon());
      if (kind === 'takeOver') return takeOver(pick(abandoned, nth));
      if (kind === 'park') return pick(abandoned, nth)?.found.park(`parked ${nth}`);
      if (kind === 'lapse') return pass(process, harness.leaseMs);
      if (kind === 'forget') return pass(process, harness.leaseMs + harness.keepMs);
      await crash();
      running = running.filter(({ seenBy }) => seenBy !== process);
      abandoned = abandoned.filter(({ seenBy }) => seenBy !== process);
      opened.push((processes[process] = await harness.connect()));
      return undefined;
    },
    view: () => ({
      woken: [...woken],
      lost: claims.map((claim) => !ended.has(claim) && claim.signal?.aborted === true),
    }),
    async close() {
      await Promise.all(opened.map(({ store }) => store.close()));
    },
  };
}

test('whatever is asked for, Redis answers the same as memory does', async () => {
  // So long that no time that really passes counts.
  const times = { leaseMs: 300_000, keepMs: 1_200_000 };
  const [memory, remote] = [createIdempotencyHarness(times), await createRedisIdempotencyHarness(times)];
  let runs = 0;
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30, size: 'max' }), async (steps) => {
        const prefix = `run ${(runs += 1)} `;
        const [one, other] = [await createPlayer(memory, prefix), await createPlayer(remote, prefix)];
        try {
          for (const next of steps) {
            const expected = await one.play(next);
            expect(await other.play(next)).toEqual(expected);
            await expect.poll(() => other.view(), { interval: 1 }).toEqual(one.view());
          }
        } finally {
          await Promise.all([one.close(), other.close()]);
        }
      }),
      // A failure says what was asked for, and does not try for minutes what else fails.
      { numRuns: 25, endOnFailure: true, interruptAfterTimeLimit: 60_000 },
    );
  } finally {
    await remote.destroy();
  }
}, 120_000);
