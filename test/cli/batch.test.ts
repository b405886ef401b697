import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BatchRecord } from '../../src/cli/call/batch/record.js';
import { openCallWorld, samovar, type CallWorld, type RunOptions } from './call-harness.js';
import { fileWith } from './file-with.js';
import { recordedTerminal } from './recorded-terminal.js';

let world: CallWorld;

beforeAll(async () => {
  world = await openCallWorld();
});

afterAll(() => world.stop());

const ndjson = (...lines: unknown[]) =>
  lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');

/** Runs a batch of probes from a file; `results` is read when it is over. */
async function batch(lines: readonly unknown[], args: readonly string[] = [], options: RunOptions = {}) {
  const file = await fileWith(ndjson(...lines));
  const path = join(dirname(file), 'results.ndjson');
  const ran = await samovar(
    ['call', 'probe', '--url', world.url, '--batch', file, '--results', path, ...args],
    options,
  );
  return { ...ran, results: await recordsIn(path) };
}

async function recordsIn(path: string): Promise<BatchRecord[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const records = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as BatchRecord);
  return records.sort((one, other) => one.line - other.line);
}

it('makes each call with its own action, address, key and time, and says what became of each', async () => {
  const { code, out, err, results } = await batch([
    { id: 'a', body: { n: 1 }, key: 'b-1' },
    { id: 2, action: 'dx_example', body: { favourite_food: 'onion' } },
    { action: 'dx_order_coffee_pot', body: { machine: 'm9', orderId: 'o' } },
    { body: {}, to: 'nowhere' },
    { body: { holds: true }, timeout: '2s' },
    '{"body":',
    { body: {}, action: 'two words' },
  ]);
  world.release();
  const { to } = world;
  const took = { tookMs: expect.any(Number) as number };
  expect(results).toEqual([
    {
      ...{ line: 1, id: 'a', action: 'probe', to, code: 'ok', outcome: 'executed', ...took },
      data: {
        request: { n: 1, holds: false },
        headers: expect.objectContaining({ 'samovar-idempotency-key': 'b-1' }) as object,
      },
    },
    { line: 2, id: 2, action: 'dx_example', to, code: 'ok', outcome: 'executed', ...took, data: { tolerable: false } },
    expect.objectContaining({
      ...{ line: 3, code: 'failed', outcome: 'executed' },
      error: expect.objectContaining({ name: 'no_such_machine', data: { machines: ['m1', 'm2'] } }) as object,
    }),
    expect.objectContaining({ line: 4, to: 'nowhere', code: 'unroutable', outcome: 'not_executed' }),
    expect.objectContaining({ line: 5, code: 'deadline_exceeded', outcome: 'unknown' }),
    expect.objectContaining({ line: 6, code: 'invalid_line', outcome: 'not_executed' }),
    expect.objectContaining({ line: 7, code: 'invalid_line', outcome: 'not_executed' }),
  ]);
  expect(code).toBe(1);
  expect(out[0]).toMatch(/^7 done: 2 ok, 5 failed; 0 not sent; /);
  expect(out).toContainEqual(expect.stringMatching(/^ {2}invalid_line +not_executed +2$/));
  expect(err).toContainEqual(expect.stringMatching(/^samovar: line 6: invalid_line \(not_executed\): expected JSON/));
});

it('exits with 0 when all went well', async () => {
  expect(await batch([{ body: {} }, { body: {} }])).toMatchObject({ code: 0, err: [] });
});

it.each([
  ['75 for a timeout', [{ body: { holds: true }, timeout: '1s' }], 75],
  [
    '69 before 75',
    [
      { body: { holds: true }, timeout: '1s' },
      { body: {}, to: 'nowhere' },
    ],
    69,
  ],
  ['64 before 69', [{ body: {}, to: 'nowhere' }, 'x'], 64],
  ['1 before 64', ['x', { action: 'dx_order_coffee_pot', body: { machine: 'm9', orderId: 'o' } }], 1],
])('exits with %s', async (_what, lines, code) => {
  expect(await batch(lines)).toMatchObject({ code });
  world.release();
});

it('prints one line of JSON for each request with --json, and all else on standard error', async () => {
  const { out, err, results } = await batch([{ body: {} }, { body: {}, to: 'nowhere' }], ['--json']);
  expect(out.map((line) => JSON.parse(line) as BatchRecord).sort((one, other) => one.line - other.line)).toEqual(
    results,
  );
  expect(err[0]).toMatch(/^2 done: 1 ok, 1 failed/);
});

it('reads standard input, and sends one-way requests too', async () => {
  const args = ['call', 'probe', '--url', world.url, '--batch', '-', '--one-way', '--json'];
  const { code, out } = await samovar(args, { input: ndjson({ body: { way: 'one' } }) });
  expect(code).toBe(0);
  // Nobody hears whether it has run.
  expect(JSON.parse(out.join(''))).toMatchObject({ code: 'ok', outcome: 'unknown' });
  await expect.poll(() => world.requests).toContainEqual({ way: 'one', holds: false });
});

it('runs as many calls at once as it may, and no more', async () => {
  const lines = Array.from({ length: 40 }, (_, n) => ({ body: { holds: true, n } }));
  let most = 0;
  const running = batch(lines, ['--parallel', '8']);
  for (let left = 40; left > 0; left -= 8) {
    await expect.poll(() => world.held).toBe(8);
    most = Math.max(most, world.held);
    world.release();
  }
  expect(await running).toMatchObject({ code: 0 });
  expect(most).toBe(8);
});

it('sends nothing more after a failure with --stop-on-error, and says so of each', async () => {
  const lines = [{ body: {} }, { body: {}, to: 'nowhere' }, { id: 3, body: {} }, { body: {} }];
  const { code, results } = await batch(lines, ['--parallel', '1', '--stop-on-error']);
  expect(code).toBe(69);
  expect(results.map((record) => record.code)).toEqual(['ok', 'unroutable', 'not_sent', 'not_sent']);
  expect(results[2]).toMatchObject({ id: 3, action: 'probe', outcome: 'not_executed' });
});

it('does not write over what an earlier batch has done', async () => {
  const file = await fileWith(ndjson({ body: {} }));
  const args = ['call', 'probe', '--url', world.url, '--batch', file, '--results', file];
  expect(await samovar(args)).toMatchObject({ code: 64, err: [expect.stringMatching(/a new file/)] });
});

it('ends with one line when its results cannot be written any more, and still counts what was done', async () => {
  const file = await fileWith(ndjson({ body: {} }, { body: {} }));
  // A disk that is full.
  const options = ['--url', world.url, '--batch', file, '--results', '/dev/full', '--parallel', '1'];
  const { code, out, err } = await samovar(['call', 'probe', ...options]);
  expect({ code, err }).toEqual({ code: 64, err: [expect.stringMatching(/--results .*can be written: ENOSPC/)] });
  expect(out[0]).toMatch(/^1 done: 1 ok, 0 failed; /);
});

it('sends nothing when the credentials are wrong', async () => {
  const url = new URL(world.url);
  url.password = 's3cret';
  const file = await fileWith(ndjson({ body: {} }));
  const { code, err } = await samovar(['call', 'probe', '--url', url.href, '--batch', file]);
  expect(code).toBe(78);
  expect(err).toEqual([expect.stringMatching(/password in url; nothing was sent$/)]);
});

it.each([
  ['a file that is not there', ['--batch', '/no/such/file'], /can be read/],
  ['a folder', ['--batch', '/'], /got the folder/],
  ['a body for all', ['--batch', '-', '--body', '{}'], /in the lines of the file/],
  ['a key for all', ['--batch', '-', '--key', 'k'], /in the lines of the file/],
  ['results that cannot be written', ['--batch', '/dev/null', '--results', '/no/such/file'], /can be written/],
  ['no calls at once', ['--batch', '-', '--parallel', '0'], /from 1 to 10000/],
])('refuses %s', async (_what, args, message) => {
  const { code, err } = await samovar(['call', '--url', world.url, ...args]);
  expect(code).toBe(64);
  expect(err[0]).toMatch(message);
});

describe('interrupted', () => {
  const lines = Array.from({ length: 20 }, (_, n) => ({ id: n, body: { holds: n > 2, n } }));

  async function interrupted(during: (insist: () => void) => void | Promise<void>) {
    const stop = new AbortController();
    const insist = new AbortController();
    const terminal = recordedTerminal();
    const options = { signal: stop.signal, insisted: insist.signal, terminal };
    const running = batch(lines, ['--parallel', '4'], options);
    await expect.poll(() => world.held).toBe(4);
    stop.abort(new Error('ended by SIGINT'));
    await expect.poll(() => terminal.errors).toContainEqual(expect.stringMatching(/waiting up to 5 s for the 4 calls/));
    await during(() => insist.abort());
    const ran = await running;
    world.release();
    return ran;
  }

  it('sends nothing more, waits for what runs, and says of each request what became of it', async () => {
    const { results, out } = await interrupted(() => world.release());
    expect(results.map(({ id }) => id)).toEqual(lines.map(({ id }) => id));
    expect(results.map(({ code }) => code)).toEqual([
      ...Array<string>(7).fill('ok'),
      ...Array<string>(13).fill('not_sent'),
    ]);
    expect(results.at(-1)).toMatchObject({
      outcome: 'not_executed',
      error: { message: 'interrupted before it was sent' },
    });
    expect(out[0]).toMatch(/^7 done: 7 ok, 0 failed; 13 not sent/);
  });

  it('does not wait for what runs when it is interrupted again', async () => {
    const { results } = await interrupted((insist) => insist());
    const counts = results.map(({ code, outcome }) => `${code} ${outcome}`);
    expect(counts.filter((each) => each === 'cancelled unknown')).toHaveLength(4);
    expect(counts.filter((each) => each === 'not_sent not_executed')).toHaveLength(13);
  });
});
