import { describe, expect, test } from 'vitest';
import type { TransportTraits } from '../../src/core/transport.js';
import { isOn, runCase, transportCases, transportConformance } from '../../src/testing/index.js';
import { createMemoryHarness } from './memory-harness.js';
import { mutantsOfControl, mutantsOfInboxes } from './mutants-of-inboxes.js';
import { mutantsOfLinks } from './mutants-of-links.js';
import { mutantsOfSending } from './mutants-of-sending.js';
import { mutantsOfSettling } from './mutants-of-settling.js';
import { mutantsOfTraits } from './mutants-of-traits.js';

const mutants = [
  ...mutantsOfSending,
  ...mutantsOfSettling,
  ...mutantsOfTraits,
  ...mutantsOfInboxes,
  ...mutantsOfControl,
  ...mutantsOfLinks,
];

describe.each(mutants)('a transport that $name', ({ caughtBy, harness }) => {
  test.each(caughtBy)('fails: %s', async (name) => {
    const found = transportCases.find((each) => each.name === name);
    if (!found) throw new TypeError(`expected the name of a case, got '${name}'`);
    const mutant = harness();
    expect(!found.trait || isOn(found.trait, mutant.traits), 'the case is for transports that say so').toBe(true);
    await expect(runCase(found, mutant)).rejects.toThrow();
  });
});

describe('the suite', () => {
  test('has a case for either side of every trait', () => {
    const traits: Record<keyof Required<TransportTraits>, true> = {
      maxBodyBytes: true,
      ordering: true,
      countsAttempts: true,
      canCancel: true,
      reportsUnroutable: true,
      reportsNoWorker: true,
      maxHoldMs: true,
      survivesBrokerCrash: true,
    };
    const sides = new Set(transportCases.map(({ trait }) => trait && `${trait.name} ${trait.is}`));
    for (const trait of Object.keys(traits)) {
      expect(sides).toContain(`${trait} true`);
      expect(sides).toContain(`${trait} false`);
    }
  });

  test('has a name of its own for each case', () => {
    const names = transportCases.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  test('refuses to skip what it does not know, and to skip without a reason', () => {
    const harness = createMemoryHarness();
    expect(() => transportConformance(harness, { skip: { 'no such case': 'because' } })).toThrow(/no such case/);
    expect(() => transportConformance(harness, { skip: { 'what was acked never comes back': ' ' } })).toThrow(/reason/);
  });

  test('fails a case that is skipped and passes', async () => {
    const skip = { 'what was acked never comes back': 'it is said to' };
    const skipped = transportConformance(createMemoryHarness(), { skip }).find(({ name }) =>
      name.includes('acked never'),
    );
    await expect(skipped?.run()).rejects.toThrow(/take it off the list/);
  });

  test('lets a case that is skipped fail', async () => {
    const [mutant] = mutantsOfSending;
    const skip = { 'every field arrives as it was sent': 'this one loses headers' };
    const harness = mutant?.harness() ?? createMemoryHarness();
    const [skipped] = transportConformance(harness, { skip });
    await expect(skipped?.run()).resolves.toBeUndefined();
  });

  test('fails a case for which the harness lacks something, unless it is skipped', async () => {
    const harness = createMemoryHarness();
    delete harness.cut;
    const name = 'a send around a cut tells the truth';
    const run = (skip: Record<string, string>): Promise<void> | undefined =>
      transportConformance(harness, { skip })
        .find((each) => each.name.endsWith(name))
        ?.run();
    await expect(run({})).rejects.toThrow(/lacks cut/);
    await expect(run({ [name]: 'there is no connection to cut' })).resolves.toBeUndefined();
  });
});
