import { mkdir, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { runStatus, type StatusOptions } from '../../src/cli/status/command.js';
import type { VirtualHostHealth } from '../../src/cli/worker/health-document.js';
import { createManualClock } from '../../src/testing/index.js';
import { recordedTerminal } from './recorded-terminal.js';
import { testFolder } from './worker/kit.js';

let runtime: string;
let system: string;
beforeEach(async () => {
  runtime = await testFolder();
  system = await testFolder();
  await mkdir(join(runtime, 'samovar'));
});

const clock = createManualClock({ startMs: 3_600_000 });

async function status(options: StatusOptions = {}, on = clock) {
  const terminal = recordedTerminal();
  const env = { XDG_RUNTIME_DIR: runtime };
  const code = await runStatus(options, { terminal, env, clock: on, systemFolder: system });
  return { code, lines: terminal.lines, rows: terminal.lines.slice(1), errors: terminal.errors };
}

/** A socket that answers with `text`, or not at all. */
async function listening(path: string, text: string | undefined): Promise<string> {
  const server = createServer((connection) => {
    connection.on('error', () => undefined);
    if (text !== undefined) connection.end(text);
    else onTestFinished(() => void connection.destroy());
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => void server.close());
  return path;
}

function documentOf(...hosts: (Partial<VirtualHostHealth> & { name: string })[]): string {
  const virtualHosts = hosts.map((own) => ({
    ...{ state: 'serving', since: 0, red: [], addresses: ['node-1'], actions: [], mock: false },
    ...own,
  }));
  return JSON.stringify({ pid: 7, version: '0', since: 0, strayRejections: 0, virtualHosts });
}

const ofUser = (pid: number) => join(runtime, 'samovar', `${pid}.sock`);

it('says that there is no worker, with 69', async () => {
  const { code, lines, errors } = await status();
  expect({ code, lines }).toEqual({ code: 69, lines: [] });
  expect(errors).toEqual([expect.stringContaining('no worker was found')]);
});

it('shows a row for each virtual host of all workers, of this user and of systemd; all green is 0', async () => {
  await mkdir(join(system, 'coffee'));
  await listening(ofUser(7), documentOf({ name: 'trees' }, { name: 'tea', mock: true }));
  await listening(join(system, 'coffee', '8.sock'), documentOf({ name: 'coffee' }));
  const { code, rows } = await status();
  expect(code).toBe(0);
  expect(rows.map((row) => row.split(/ {2,}/).slice(0, 4))).toEqual([
    ['green', 'trees', 'serving', '60 min'],
    ['green', 'tea', 'serving (mock)', '60 min'],
    ['green', 'coffee', 'serving', '60 min'],
  ]);
});

it('shows why something is red, on one line, with 1', async () => {
  await listening(ofUser(7), documentOf({ name: 'trees' }, { name: 'tea', red: ['no\nbroker', 'no\u001b[31m water'] }));
  const { code, rows } = await status();
  expect(code).toBe(1);
  expect(rows).toHaveLength(2);
  expect(rows[1]).toMatch(/^red +tea .*no broker; no \[31m water$/);
});

it('shows one virtual host alone, and 69 if nobody serves it', async () => {
  await listening(ofUser(7), documentOf({ name: 'trees' }, { name: 'tea', red: ['no broker'] }));
  expect(await status({ vhost: 'trees' })).toMatchObject({ code: 0, rows: [expect.stringContaining('trees')] });
  expect(await status({ vhost: 'coffee' })).toMatchObject({ code: 69, lines: [] });
});

it('asks one socket alone', async () => {
  await listening(ofUser(7), documentOf({ name: 'trees', red: ['no broker'] }));
  const other = await listening(join(system, 'other'), documentOf({ name: 'tea' }));
  expect(await status({ socket: other })).toMatchObject({ code: 0, rows: [expect.stringContaining('tea')] });
  expect(await status({ socket: join(system, 'nobody') })).toMatchObject({ code: 69 });
});

it('takes a worker that is alive but does not answer within 5 s for red, and what answers nonsense too', async () => {
  await listening(ofUser(7), undefined);
  await listening(ofUser(8), 'hello');
  const own = createManualClock();
  const asking = status({ vhost: 'trees' }, own);
  await expect.poll(() => own.pending()).toBe(1);
  await own.advance(5_000);
  const { code, rows } = await asking;
  expect(code).toBe(1);
  expect(rows).toEqual([
    expect.stringMatching(/^red .* 7 .*alive but does not answer within 5 s$/),
    expect.stringMatching(/^red .* 8 .*something else than its health$/),
  ]);
});

it('takes no notice of what a dead worker has left', async () => {
  await symlink('/nowhere', ofUser(7));
  expect(await status()).toMatchObject({ code: 69 });
});

it('says where it may not look', async () => {
  // Root may look everywhere, but not into a folder that leads to itself.
  await symlink(join(system, 'coffee'), join(system, 'coffee'));
  expect(await status()).toMatchObject({ code: 1, rows: [expect.stringContaining('cannot be looked into')] });
});

it('prints what the workers answered as JSON', async () => {
  const place = await listening(ofUser(7), documentOf({ name: 'trees' }));
  const { code, lines } = await status({ json: true });
  expect(code).toBe(0);
  expect(JSON.parse(lines.join('\n'))).toMatchObject([
    { place, pid: 7, health: { virtualHosts: [{ name: 'trees' }] } },
  ]);
});
