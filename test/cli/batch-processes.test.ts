import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BatchRecord } from '../../src/cli/call/batch/record.js';
import { runProgram } from '../support/process.js';
import { runSamovar } from '../support/samovar-process.js';
import { openCallWorld, type CallWorld } from './call-harness.js';
import { fileWith } from './file-with.js';

let world: CallWorld;

beforeAll(async () => {
  world = await openCallWorld();
});

afterAll(() => world.stop());

const total = 10_000;
const food = { action: 'dx_example', body: { favourite_food: 'onion' } };

async function batchFile(lines: readonly object[]): Promise<{ readonly file: string; readonly results: string }> {
  const file = await fileWith(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return { file, results: join(dirname(file), 'results.ndjson') };
}

async function recordsIn(path: string): Promise<BatchRecord[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  // One that is just being written is not a line yet.
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as BatchRecord);
}

/** The command in a terminal of its own, `columns` wide. */
function inTerminal(args: readonly string[], columns = 100) {
  const tsx = ['--import', 'tsx', new URL('../../src/cli/main.ts', import.meta.url).pathname];
  const command = [process.execPath, ...tsx, ...args].map((word) => `'${word}'`).join(' ');
  return runProgram('script', {
    args: ['-qefc', `stty cols ${columns}; exec ${command}`, '/dev/null'],
    env: { TERM: 'xterm', SAMOVAR_CONFIG: undefined },
  });
}

it('shows its progress in a terminal, ends on Ctrl-C, and tells of each of 10,000 requests what became of it', async () => {
  const { file, results } = await batchFile(Array.from({ length: total }, (_, id) => ({ ...food, id })));
  const args = ['call', '--url', world.url, '--batch', file, '--results', results, '--parallel', '8'];
  const child = inTerminal(args);
  await expect.poll(async () => (await recordsIn(results)).length, { timeout: 20_000 }).toBeGreaterThan(500);
  // What a terminal makes of Ctrl-C.
  child.writeLine('\u0003');
  expect(await child.exited).toEqual({ code: 130, signal: null });

  const records = await recordsIn(results);
  expect(records.map(({ line }) => line).sort((a, b) => a - b)).toEqual(Array.from({ length: total }, (_, n) => n + 1));
  const count = (code: string, outcome: string) =>
    records.filter((record) => record.code === code && record.outcome === outcome).length;
  const [done, left] = [count('ok', 'executed'), count('not_sent', 'not_executed')];
  expect(done).toBeGreaterThan(500);
  expect(done + left).toBe(total);

  const screen = child.lines.join('\n');
  expect(screen).toMatch(/\[#*-+\] [\d,]+\/10,000, 0 failed, [\d,]+\/s, .* left/);
  const said = (number: number) => number.toLocaleString('en-US');
  expect(screen).toContain(`${said(done)} done: ${said(done)} ok, 0 failed; ${said(left)} not sent`);
  // The line is taken away before anything else is written.
  expect(screen).toContain(`\u001b[2K${said(done)} done: `);
}, 120_000);

it('makes 10,000 calls, and exits with 0', async () => {
  const { file, results } = await batchFile(
    Array.from({ length: total }, () => ({ action: 'dx_node_status', body: {} })),
  );
  const child = runSamovar(['call', '--url', world.url, '--batch', file, '--results', results]);
  expect(await child.exited).toEqual({ code: 0, signal: null });
  expect(child.stderr).toBe('');
  expect(child.lines[0]).toMatch(/^10,000 done: 10,000 ok, 0 failed; 0 not sent; /);
  expect(new Set((await recordsIn(results)).map(({ line }) => line)).size).toBe(total);
}, 180_000);

it('leaves in its results what had ended when it is killed', async () => {
  const held = { action: 'probe', body: { holds: true } };
  const { file, results } = await batchFile([
    ...Array.from({ length: 50 }, () => food),
    ...Array.from({ length: 16 }, () => held),
  ]);
  const child = runSamovar(['call', '--url', world.url, '--batch', file, '--results', results]);
  await expect.poll(() => world.held).toBe(16);
  await child.kill9();
  expect(await recordsIn(results)).toHaveLength(50);
  world.release();
});

it('does not wait for what runs at a second Ctrl-C, and still tells of what was not sent', async () => {
  const held = { action: 'probe', body: { holds: true } };
  const { file, results } = await batchFile(Array.from({ length: 30 }, () => held));
  const child = runSamovar(['call', '--url', world.url, '--batch', file, '--results', results, '--parallel', '4']);
  await expect.poll(() => world.held).toBe(4);
  child.kill('SIGINT');
  await child.waitForErrorLine('Ctrl-C is pressed again');
  child.kill('SIGINT');
  expect(await child.exited).toEqual({ code: 130, signal: null });
  const outcomes = (await recordsIn(results)).map(({ code, outcome }) => `${code} ${outcome}`);
  expect(outcomes).toHaveLength(30);
  expect(outcomes.filter((each) => each === 'cancelled unknown')).toHaveLength(4);
  expect(outcomes.filter((each) => each === 'not_sent not_executed')).toHaveLength(26);
  world.release();
});

it('goes on when the connection is cut in the middle, and loses no answer', async () => {
  const { file, results } = await batchFile(Array.from({ length: 3_000 }, () => food));
  const child = runSamovar(['call', '--url', world.url, '--batch', file, '--results', results, '--parallel', '8']);
  await expect.poll(async () => (await recordsIn(results)).length).toBeGreaterThan(200);
  await world.cut();
  expect(await child.exited).toMatchObject({ signal: null });
  const records = await recordsIn(results);
  expect(records).toHaveLength(3_000);
  // Those under way when both sides were cut may be unknown; nothing else may fail.
  const failed = records.filter(({ code }) => code !== 'ok');
  expect(failed.length).toBeLessThanOrEqual(8);
  expect(failed.filter(({ outcome }) => outcome !== 'unknown')).toEqual([]);
}, 120_000);
