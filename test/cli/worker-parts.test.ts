import { chmod, lstat, mkdir, readFile, readdir, rename, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createLog } from '../../src/cli/log/create-log.js';
import { authorizeBy } from '../../src/cli/worker/allow.js';
import { redReasons } from '../../src/cli/worker/health-document.js';
import { openHealthSocket } from '../../src/cli/worker/health-socket.js';
import { createNotifier } from '../../src/cli/worker/notifier.js';
import { createRequestWatch } from '../../src/cli/worker/request-watch.js';
import { createStopTasks } from '../../src/cli/worker/stop-tasks.js';
import { silentLog } from '../../src/core/log.js';
import { createManualClock } from '../../src/testing/index.js';
import { testFolder } from './worker/kit.js';

function recordedLog() {
  const lines: { msg: string }[] = [];
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as { msg: string }) };
  return { log: createLog({ level: 'debug', isTerminal: false, stream }), messages: () => lines.map(({ msg }) => msg) };
}

describe('allow', () => {
  const ask = (allow: readonly string[] | undefined, caller: string | undefined, own?: readonly string[]) => {
    const exchanges = own && new Map([['greet', { type: 'direct' as const, allow: own }]]);
    const authorize = authorizeBy({ allow, exchanges });
    return authorize?.({ action: 'greet', address: 'n', headers: {}, ...(caller !== undefined && { caller }) });
  };

  it.each([
    ['left out lets everybody in', undefined, 'eve', undefined],
    ['with nobody lets nobody in', [], 'eve', false],
    ['names callers', ['cluster-api'], 'cluster-api', true],
    ['takes a whole name', ['cluster-api'], 'cluster-api-2', false],
    ['knows *', ['ops-*'], 'ops-anna', true],
    ['takes all else literally', ['ops.a'], 'opsxa', false],
    ['lets who has no identity in as anonymous', ['anonymous'], undefined, true],
    ['does not take a user called anonymous for one', ['anonymous'], 'anonymous', false],
    ['does not take * for no identity', ['*'], undefined, false],
  ])('%s', (_what, allow, caller, expected) => {
    expect(ask(allow, caller)).toBe(expected);
  });

  it('of an exchange wins over that of the virtual host', () => {
    expect(ask(['*'], 'eve', ['anna'])).toBe(false);
    expect(ask([], 'anna', ['anna'])).toBe(true);
    expect(ask(undefined, 'eve', ['anna'])).toBe(false);
  });
});

describe('a worker that is alive and takes nothing', () => {
  it('is red when no more fit in and nothing has ended for five minutes', async () => {
    const clock = createManualClock();
    const { hooks, ...watch } = createRequestWatch({ log: silentLog, clock });
    const calls = ['a', 'b'].map((id) => ({ id, action: 'greet', address: 'node-1', caller: undefined }));
    for (const call of calls) {
      hooks.onStage?.('received', call);
      hooks.onStage?.('started', call);
    }
    await clock.advance(299_999);
    expect(watch.jammed(2)).toEqual([]);
    await clock.advance(1);
    expect(watch.jammed(2)).toEqual(['node-1']);
    expect(watch.jammed(3)).toEqual([]);
    expect(watch.running().map(({ id }) => id)).toEqual(['a', 'b']);
    const ending = { code: undefined, outcome: undefined, disposition: 'ack', tookMs: 1 } as const;
    for (const call of calls.slice(0, 1)) hooks.onEnd?.(call, ending);
    expect(watch.jammed(1)).toEqual([]);
    expect(watch.running().map(({ id }) => id)).toEqual(['b']);
  });

  it('is red with the reason, unless it stops because it shall', () => {
    const nothing = { refusal: undefined, server: undefined, transport: undefined, jammed: [] };
    expect(redReasons({ ...nothing, state: 'connecting' })).toEqual(['not serving yet: waiting for the broker']);
    expect(redReasons({ ...nothing, state: 'refused', refusal: 'wrong password' })).toEqual(['wrong password']);
    expect(redReasons({ ...nothing, state: 'stopping' })).toEqual([]);
  });
});

describe('what set-ups left to be done', () => {
  it('is done the last one first; one that fails or hangs keeps no other from it', async () => {
    const clock = createManualClock();
    const { log, messages } = recordedLog();
    const tasks = createStopTasks({ log, clock });
    const done: string[] = [];
    tasks.onStop(() => void done.push('first'));
    tasks.onStop(() => new Promise(() => undefined));
    tasks.onStop(() => Promise.reject(new Error('stuck drawer')));
    tasks.onStop(() => void done.push('last'));
    const ended = tasks.run();
    await clock.advance(0);
    expect(done).toEqual(['last']);
    await clock.advance(10_000);
    await ended;
    expect(done).toEqual(['last', 'first']);
    expect(messages()).toEqual([expect.stringContaining('failed'), expect.stringContaining('did not end')]);
  });
});

describe('the health socket', () => {
  const document = () => ({ pid: 1, version: '0', since: 0, strayRejections: 0, virtualHosts: [] });
  async function open(options: { path?: string; folder?: string; pid?: number }) {
    const { path, folder = '/nowhere', pid = process.pid } = options;
    const socket = await openHealthSocket({ path, env: { RUNTIME_DIRECTORY: folder }, pid, document });
    onTestFinished(() => socket.close());
    return socket;
  }

  it("is its user's alone, in a folder that is, too", async () => {
    const folder = join(await testFolder(), 'samovar');
    await mkdir(folder);
    await chmod(folder, 0o777);
    const { path } = await open({ folder });
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await lstat(path)).mode & 0o777).toBe(0o600);
  });

  it('takes the place of those that dead workers have left, and of no living one', async () => {
    const folder = await testFolder();
    const living = await open({ path: join(folder, `${process.ppid}.sock`) });
    await leaveSocket(join(folder, '4194305.sock'));
    await leaveSocket(join(folder, `${process.pid}.sock`));
    await writeFile(join(folder, '4194306.sock'), 'no socket');
    await open({ folder });
    const left = await readdir(folder);
    expect(left).not.toContain('4194305.sock');
    expect(left).toContain(`${process.pid}.sock`);
    await expect(open({ path: living.path })).rejects.toThrow('the socket of a process that runs');
  });

  it('refuses a path that is too long, taken or not there, and names it', async () => {
    const folder = await testFolder();
    const file = join(folder, 'file');
    await writeFile(file, '');
    await expect(open({ path: `/${'x'.repeat(107)}` })).rejects.toThrow(/at most 107 bytes, got 108/);
    await expect(open({ path: file })).rejects.toThrow(/to be free or a socket/);
    await expect(open({ path: join(folder, 'no', 'such.sock') })).rejects.toThrow(/--socket/);
    expect(await readFile(file, 'utf8')).toBe('');
  });
});

/** As a process leaves it that was killed: bound, and nobody listens. */
async function leaveSocket(path: string): Promise<void> {
  const moved = `${path}.moved`;
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(moved, resolve));
  await rename(moved, path);
  await new Promise((resolve) => server.close(resolve));
}

describe('the service manager', () => {
  async function notified() {
    const folder = await testFolder();
    const told = join(folder, 'told');
    await writeFile(join(folder, 'systemd-notify'), `#!/bin/sh\necho "$*" >> ${told}\n`, { mode: 0o755 });
    const clock = createManualClock();
    const env = { PATH: `${folder}:${process.env['PATH'] ?? ''}`, NOTIFY_SOCKET: '/run/x' };
    const notifier = createNotifier({ env, log: silentLog, clock });
    const lines = async () => (await readFile(told, 'utf8').catch(() => '')).trimEnd().split('\n');
    return { notifier, clock, lines };
  }

  it('is told in order, READY again in case it was missed, and not once it stops', async () => {
    const { notifier, clock, lines } = await notified();
    notifier.status('waiting\nfor the broker');
    notifier.ready();
    notifier.ready();
    await clock.advance(5_000);
    notifier.stopping();
    await clock.advance(60_000);
    await expect
      .poll(lines)
      .toEqual([
        '--no-block STATUS=waiting for the broker',
        '--no-block READY=1',
        '--no-block READY=1',
        '--no-block STOPPING=1',
      ]);
  });

  it('is told as much as it takes of a long status', async () => {
    const { notifier, lines } = await notified();
    notifier.status('€'.repeat(5_000));
    await expect.poll(lines).toEqual([`--no-block STATUS=${'€'.repeat(1_000)}`]);
  });

  it('that cannot be told is no reason to fail, and is logged once', async () => {
    const { log, messages } = recordedLog();
    const env = { PATH: '/nowhere', NOTIFY_SOCKET: '/run/x' };
    const notifier = createNotifier({ env, log, clock: createManualClock() });
    notifier.status('a');
    notifier.status('b');
    notifier.stopping();
    await expect.poll(messages).toHaveLength(1);
  });
});
