import { PassThrough } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { failureOf, UsageError } from '../../src/cli/failure.js';
import {
  runList,
  runPurge,
  runRedrive,
  runShow,
  type ChangeOptions,
  type ListOptions,
} from '../../src/cli/quarantine/command.js';
import { ageOf } from '../../src/cli/quarantine/table.js';
import { runSamovar } from '../support/samovar-process.js';
import { sharedRabbitmq } from '../support/shared-rabbitmq.js';
import { eventually, message, openLab, work, type Lab } from '../transports/amqp/lab.js';
import { recordedTerminal } from './recorded-terminal.js';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab(await sharedRabbitmq());
});
afterEach(() => lab.sweep());
afterAll(() => lab.end());

let addresses = 0;
async function setAside(count: number, fields: Parameters<typeof message>[0] = {}) {
  const address = `aside-${(addresses += 1)}`;
  let isTaken = false;
  const { transport, seen } = await work(
    lab.connect(),
    () => (isTaken ? { kind: 'ack' } : { kind: 'quarantine', reason: 'broken' }),
    { address, intake: 1 },
  );
  let sent = 0;
  async function send(id: string): Promise<void> {
    await transport.send(address, message({ id, ...fields }));
    sent += 1;
    await eventually(() => isTaken || transport.health().counters['quarantined'] === sent);
  }
  for (let nth = 1; nth <= count; nth += 1) await send(`id-${nth}`);
  return { address, seen, send, take: () => void (isTaken = true) };
}

const nobody = { isTTY: false } as unknown as NodeJS.ReadStream;

function parts(stdin = nobody) {
  const terminal = recordedTerminal();
  return { terminal, env: {}, cwd: process.cwd(), signal: new AbortController().signal, stdin };
}

async function run<O extends ListOptions & ChangeOptions>(
  command: (options: O, given: ReturnType<typeof parts>) => Promise<number>,
  options: O,
  given = parts(),
) {
  const exitCode = await command({ url: lab.url, ...options }, given);
  return { exitCode, lines: given.terminal.lines, errors: given.terminal.errors };
}

describe('samovar quarantine', () => {
  test('list shows what is there, for people and for programs, without a body', async () => {
    const { address } = await setAside(2, { body: '{"password":"s3cret"}' });
    const { lines, exitCode } = await run(runList, { to: address });
    expect(exitCode).toBe(0);
    expect(lines[0]).toMatch(/^id +action +reason +age +attempts +bytes +kind +from$/);
    expect(lines[1]).toMatch(/^id-1 +greet +broken +\d+s +1 +21 +one-way +\S+$/);
    expect(lines.at(-1)).toBe('2, of 2 set aside');
    expect(lines.join()).not.toContain('s3cret');
    const json = await run(runList, { to: address, json: true, most: 1 });
    expect(JSON.parse(json.lines.join('\n'))).toMatchObject({ total: 2, isCut: true, entries: [{ id: 'id-1' }] });
    expect((await run(runList, { to: address, most: 1 })).lines.at(-1)).toBe('1 shown, there are more, of 2 set aside');
  });

  test('show prints one request, masked unless it is revealed, and exits with 1 where it is not there', async () => {
    const inner = JSON.stringify({ token: 's3cret' });
    const body = JSON.stringify({ password: 's3cret', note: '\u001b[31m', inner });
    const headers = { plain: ` [${inner}]` };
    const { address } = await setAside(1, { body, headers });
    const show = async (id: string, reveal = false) => {
      const given = parts();
      const exitCode = await runShow(id, { url: lab.url, to: address, reveal }, given);
      return { exitCode, text: given.terminal.lines.join('\n'), errors: given.terminal.errors };
    };
    const shown = await show('id-1');
    expect(JSON.parse(shown.text)).toMatchObject({ id: 'id-1', body: { password: '***' } });
    expect(shown.text).not.toContain('\u001b');
    expect(shown.text).not.toContain('s3cret');
    expect((await show('id-1', true)).text).toContain('s3cret');
    const missing = await show('id-9');
    expect([missing.exitCode, missing.errors]).toEqual([
      1,
      [`samovar: expected a request with id "id-9" in quarantine at ${address}, got none`],
    ]);
  });

  test('show reveals a body as it came that is nested too deep to be read', async () => {
    const deep = `{"a":${'['.repeat(100_000)}"s3cret"${']'.repeat(100_000)}}`;
    const { address } = await setAside(1, { body: deep });
    const show = async (reveal: boolean) => {
      const given = parts();
      await runShow('id-1', { url: lab.url, to: address, reveal }, given);
      return (JSON.parse(given.terminal.lines.join('\n')) as { body: unknown }).body;
    };
    expect(await show(true)).toBe(deep);
    expect(await show(false)).not.toContain('s3cret');
  });

  test('redrive says how many it would send, and sends them', async () => {
    const { address, seen, take } = await setAside(3);
    take();
    expect((await run(runRedrive, { to: address, dryRun: true })).lines).toEqual(['3 to be redriven, of 3 set aside']);
    expect(await run(runRedrive, { to: address, id: ['id-2'] })).toEqual({
      exitCode: 0,
      lines: ['1 redriven, of 3 set aside'],
      errors: [],
    });
    const { lines } = await run(runRedrive, { to: address, json: true });
    expect(JSON.parse(lines[0] ?? '')).toEqual({ total: 2, looked: 2, done: 2, expired: 0, isComplete: true });
    await eventually(() => seen.length === 6);
    expect(seen.slice(3).map(({ message: { id } }) => id)).toEqual(['id-2', 'id-1', 'id-3']);
  });

  test('redrive and purge exit with 1 where a request is not there that --id names, and do the others', async () => {
    const { address, take } = await setAside(2);
    take();
    const errors = ['samovar: 1 of the requests named by --id not found'];
    const lines = ['1 redriven, of 2 set aside'];
    expect(await run(runRedrive, { to: address, id: ['id-2', 'id-3'] })).toEqual({ exitCode: 1, lines, errors });
    const purged = await run(runPurge, { to: address, id: ['id-3'], yes: true });
    expect(purged).toMatchObject({ exitCode: 1, errors });
  });

  test('redrive exits with 1 where calls stay whose deadline has passed', async () => {
    const expiresAt = Date.now() + 3_000;
    const { address } = await setAside(1, { replyTo: 'samovar.inbox.x.1', correlationId: 'c', expiresAt });
    await eventually(() => Date.now() > expiresAt);
    const { exitCode, errors } = await run(runRedrive, { to: address });
    expect(exitCode).toBe(1);
    expect(errors).toEqual([expect.stringContaining('1 calls stay: their deadline has passed')]);
    expect((await run(runRedrive, { to: address, withoutReply: true })).exitCode).toBe(0);
  });

  test('purge asks at a terminal, and without one only with --yes', async () => {
    const { address } = await setAside(2);
    await expect(run(runPurge, { to: address })).rejects.toThrow(UsageError);
    for (const [answer, left] of [
      ['\n', 2],
      ['no\n', 2],
      ['y\n', 0],
    ] as const) {
      const input = new PassThrough();
      input.write(answer);
      const stdin = Object.assign(input, { isTTY: true }) as unknown as NodeJS.ReadStream;
      const { exitCode } = await run(runPurge, { to: address }, parts(stdin));
      expect(exitCode).toBe(left === 0 ? 0 : 1);
      expect((await run(runList, { to: address })).lines.at(-1)).toBe(`${left}, of ${left} set aside`);
    }
    const { address: other } = await setAside(1);
    expect((await run(runPurge, { to: other, yes: true })).lines).toEqual(['1 purged, of 1 set aside']);
  });

  test.each([2, 0])(
    'purge deletes no more than the %i it has asked about, though more is set aside meanwhile',
    async (count) => {
      const { address, send } = await setAside(count);
      const input = Object.assign(new PassThrough(), { isTTY: true });
      const purging = run(runPurge, { to: address }, parts(input as unknown as NodeJS.ReadStream));
      await eventually(() => input.listenerCount('end') > 0);
      await send('late');
      input.write('y\n');
      expect((await purging).lines).toEqual([`${count} purged, of ${count + 1} set aside`]);
      expect((await run(runList, { to: address })).lines[1]).toMatch(/^late /);
    },
  );

  test('redrive that is killed loses nothing, and sends one request twice at most', async () => {
    const { address, seen, take } = await setAside(300);
    take();
    seen.splice(0);
    const killed = runSamovar(['quarantine', 'redrive', '--to', address, '--url', lab.url]);
    await eventually(() => seen.length > 50);
    await killed.kill9();
    const isFree = () => run(runList, { to: address }).then(({ exitCode }) => exitCode === 0);
    await eventually(isFree);
    await run(runRedrive, { to: address });
    await eventually(() => seen.at(-1)?.message.id === 'id-300');
    const ids = seen.map(({ message: { id } }) => id);
    expect(ids.length).toBeLessThanOrEqual(301);
    expect([...new Set(ids)]).toEqual(Array.from({ length: 300 }, (_, nth) => `id-${nth + 1}`));
  });

  test('exits with 75 while somebody else works there, and with 69 where nothing is', async () => {
    const { address } = await setAside(1);
    const other = await (await lab.foreigner()).createChannel();
    await other.assertQueue(`${address}.quarantine.operator`, { exclusive: true, durable: false });
    expect(await run(runList, { to: address })).toEqual({
      exitCode: 75,
      lines: [],
      errors: [expect.stringContaining('nobody else to work at the quarantine') as string],
    });
    const missing: unknown = await run(runList, { to: 'nowhere' }).catch((error: unknown) => error);
    expect(failureOf(missing)).toMatchObject({ exitCode: 69 });
  });

  test('is there on the command line', async () => {
    const { address } = await setAside(1);
    const child = runSamovar(['quarantine', 'list', '--to', address, '--url', lab.url]);
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(child.lines.at(-1)).toBe('1, of 1 set aside');
  });

  test.each([
    [999, '0s'],
    [61_000, '1m'],
    [7_200_000, '2h'],
    [200_000_000, '2d'],
    [-5_000, '0s'],
  ])('calls %i ms %s', (ms, age) => expect(ageOf(ms)).toBe(age));
});
