import { expect, it } from 'vitest';
import { z } from 'zod';
import { defineAction, defineHandler } from '../../src/index.js';
import {
  createSimulation,
  neverTold,
  shortest,
  type Fault,
  type Invariant,
  type SimulationOptions,
  type SimulationReport,
} from '../../src/testing/index.js';

const ping = defineAction({
  name: 'ping',
  summary: 'Answers.',
  request: z.object({ word: z.string() }),
  response: z.object({ word: z.string() }),
});
const handlers = () => [defineHandler(ping, { run: ({ word }) => ({ word }) })];

function run(options: Partial<SimulationOptions> = {}): Promise<SimulationReport> {
  const simulation = createSimulation({ seed: 3, profile: 'amqp', nodes: 1, handlers, ...options });
  return simulation.run(async ({ callers: [caller] }) => {
    await caller?.call(ping, { word: 'tea' }, { timeoutMs: 60_000 });
  });
}

const noCrash: Invariant = {
  name: 'NO-CRASH',
  says: 'nobody crashes',
  onEvent: ({ what, detail }) => (what === 'fault' ? `there was: ${detail ?? ''}` : undefined),
};

const crash: Fault = { at: { stage: 'started', request: 1 }, what: 'crash', forMs: 500 };

it('a script makes something go wrong at the stage of a request, and the crashed node has no effect afterwards', async () => {
  const { history, violations } = await run({ faults: [crash] });
  expect(violations).toEqual([]);
  expect(history.runs).toHaveLength(1);
  expect(history.attempts[0]?.told).toEqual({ kind: 'value', value: { word: 'tea' } });
  const stages = history.events.filter(({ what }) => what === 'stage').map(({ detail }) => detail);
  expect(stages.slice(0, 6)).toEqual(['received', 'parsed', 'validated', 'started', 'received', 'parsed']);
});

it('the story of a run names its seed, what went wrong and what was broken, and tells who did what when', async () => {
  const story = (await run({ faults: [crash], alsoHolds: [noCrash] })).story();
  expect(story).toContain('seed 3, profile amqp');
  expect(story).toContain("at stage 'started' of request 1 crash for 500 ms");
  expect(story).toMatch(/^ +ms {2}caller +broker +worker +store$/m);
  expect(story).toMatch(/^ +\d+ {2}caller-1 #1 calls ping$/m);
  expect(story).toMatch(/^ +\d+ {2} +node-1 #1 started$/m);
  expect(story).toMatch(/^ +!! {2}NO-CRASH: there was: at stage/m);
});

it('the same story is one SVG file', async () => {
  const svg = (await run({ faults: [crash], alsoHolds: [noCrash] })).svg();
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" [^>]*>\n[\s\S]*<\/svg>\n$/);
  expect(svg).toContain('>caller-1 #1 calls ping</text>');
  expect(svg).toMatch(/fill="#b00020"[^>]*>NO-CRASH: /);
  expect(svg.match(/<text/g)?.length).toBe(svg.match(/<\/text>/g)?.length);
});

it('the shortest plan that still fails is found', async () => {
  const plan = Array.from({ length: 40 }, (_, entry) => entry);
  const tried: number[] = [];
  const found = await shortest(plan, async (rest) => {
    tried.push(rest.length);
    return rest.includes(7) && rest.includes(31);
  });
  expect(found).toEqual([7, 31]);
  expect(tried.length).toBeLessThan(120);
});

it('a secret that was logged, set aside or told is found', async () => {
  const telling = () => [
    defineHandler(ping, {
      run(request, { log }) {
        log.info({ request }, 'pinged');
        return { word: request.word };
      },
    }),
  ];
  const { violations } = await run({ handlers: telling, alsoHolds: [neverTold('tea')] });
  expect(violations.map(({ invariant }) => invariant)).toEqual(['INV9', 'INV9']);
});

it('a process that is paused goes on afterwards; one that is stopped gives back what it has not started', async () => {
  const faults: Fault[] = [
    { at: { stage: 'validated', request: 1 }, what: 'pause', forMs: 5_000 },
    { at: { ms: 100_000 }, what: 'stop', who: 'node-1', forMs: 2_000 },
  ];
  for (const profile of ['amqp', 'sqs'] as const) {
    const { violations, history } = await run({ profile, faults });
    expect(violations).toEqual([]);
    expect(history.runs).toHaveLength(1);
    expect(history.attempts[0]?.told).toMatchObject({ kind: 'value' });
  }
});

it('a fault for nobody is refused, and says who there is', async () => {
  const simulation = createSimulation({ seed: 1, profile: 'amqp', handlers });
  await expect(simulation.run(async ({ cause }) => cause({ what: 'crash', who: 'node-9' }))).rejects.toThrow(
    'expected one of node-1, node-2, caller-1, got "node-9"',
  );
});
