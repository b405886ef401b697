/**
 * npm run simulate -- [--runs 10000] [--seed 1] [--profile amqp|sqs] [--planted] [--svg story.svg]
 * Without a profile both run, each in a process of its own.
 */
import { fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { check } from './check.js';
import { plantedBugs } from './planted/index.js';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    profile: { type: 'string' },
    planted: { type: 'boolean', default: false },
    svg: { type: 'string' },
  },
});
const [runs, seed] = [wholeNumber('runs', values.runs), wholeNumber('seed', values.seed)];
const { profile, svg } = values;

if (values.planted) await findPlanted();
else if (profile === 'amqp' || profile === 'sqs') await simulate(profile);
else if (profile === undefined) await Promise.all([inProcess('amqp'), inProcess('sqs')]);
else throw new TypeError(`expected --profile to be amqp or sqs, got ${profile}`);

async function simulate(on: 'amqp' | 'sqs'): Promise<void> {
  const startedMs = performance.now();
  const { runs: done, failed, story } = await check({ profile: on, from: seed, runs });
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
  if (!failed) {
    console.log(`${on}: ${done} runs from seed ${seed} in ${seconds} s, no violation`);
    return;
  }
  const replay = `npm run simulate -- --profile ${on} --seed ${failed.seed} --runs 1`;
  console.log(`${on}: run ${done} failed after ${seconds} s; again: ${replay}\n\n${story}`);
  if (svg !== undefined) writeFileSync(svg, failed.svg());
  process.exitCode = 1;
}

function inProcess(on: 'amqp' | 'sqs'): Promise<void> {
  return new Promise((resolve) => {
    const given = ['--profile', on, '--runs', String(runs), '--seed', String(seed)];
    const child = fork(import.meta.filename, [...given, ...(svg === undefined ? [] : ['--svg', `${on}-${svg}`])]);
    child.on('exit', (code) => {
      if (code !== 0) process.exitCode = 1;
      resolve();
    });
  });
}

async function findPlanted(): Promise<void> {
  const limit = Math.min(runs, 2_000);
  for (const { name, profile: on, parts } of plantedBugs) {
    const { failed, runs: needed } = await check({ profile: on, from: seed, runs: limit, parts });
    const found = failed ? `${String(needed).padStart(5)} runs  ${failed.violations[0]?.invariant}` : '    not found';
    console.log(`${found.padEnd(18)} ${on.padEnd(5)} ${name}`);
    if (!failed) process.exitCode = 1;
  }
}

function wholeNumber(name: string, given: string): number {
  const number = Number(given);
  if (Number.isSafeInteger(number) && number >= 1) return number;
  throw new TypeError(`expected --${name} to be a whole number of at least 1, got ${given}`);
}
