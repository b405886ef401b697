import { expect, it } from 'vitest';
import { createLog } from '../../src/cli/log/create-log.js';
import { rarely } from '../../src/cli/log/rarely.js';
import { createManualClock } from '../../src/testing/index.js';

function written(options: { isTerminal: boolean; isColoured?: boolean; level?: 'debug' | 'info' | 'error' }) {
  let text = '';
  const clock = createManualClock({ startMs: Date.UTC(2026, 0, 2, 3, 4, 5, 6) });
  const log = createLog({ level: 'info', ...options, clock, stream: { write: (part) => void (text += part) } });
  return { log, clock, text: () => text };
}

it('is one JSON object a line, with time, the name of the level and all fields', () => {
  const { log, text } = written({ isTerminal: false });
  log.child({ virtualHost: 'trees' }).info({ action: 'greet' }, 'request ended');
  expect(JSON.parse(text())).toEqual({
    level: 'info',
    time: '2026-01-02T03:04:05.006Z',
    virtualHost: 'trees',
    action: 'greet',
    msg: 'request ended',
  });
  expect(text()).toMatch(/^[^\n]*\n$/);
});

it('leaves out what is below its level', () => {
  const { log, text } = written({ isTerminal: false, level: 'error' });
  log.warn({}, 'careful');
  expect(text()).toBe('');
});

it('tells stack and causes of an error, and nothing that a client library hung on it', () => {
  const { log, text } = written({ isTerminal: false });
  const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED', config: { password: 's3cret' } });
  log.error({ err: new Error('no answer', { cause }) }, 'failed');
  const { err } = JSON.parse(text()) as { err: { stack: string; cause: object } };
  expect(err.stack).toContain('log.test.ts');
  expect(err.cause).toMatchObject({ message: 'refused', code: 'ECONNREFUSED' });
  expect(text()).not.toContain('s3cret');
});

it('masks the password of a URL in the text of an error, and of its causes', () => {
  const { log, text } = written({ isTerminal: false });
  const url = 'postgres://app:s3cret@database/sites';
  log.error({ err: new Error(`no answer of ${url}`, { cause: new Error(`no way to ${url}`) }) }, 'failed');
  const { err } = JSON.parse(text()) as { err: { message: string; stack: string; cause: object } };
  expect(err).toMatchObject({
    message: 'no answer of postgres://***@database/sites',
    cause: { message: 'no way to postgres://***@database/sites' },
  });
  expect(text()).not.toContain('s3cret');
});

it('is readable on a terminal, one line each, with stacks below', () => {
  const { log, text } = written({ isTerminal: true });
  log.child({ virtualHost: 'trees' }).warn({ broker: 'a:1', reason: 'it is away' }, 'could not connect');
  expect(text()).toBe('03:04:05.006 warn  trees could not connect broker=a:1 reason="it is away"\n');
  log.error({ err: new Error('outer', { cause: new Error('inner') }) }, 'failed');
  expect(text()).toMatch(/error failed\n {4}Error: outer\n {4} .*\n[^]* {4}caused by:\n {4}Error: inner\n/);
});

it('has colours only where they are asked for', () => {
  const { log, text } = written({ isTerminal: true, isColoured: true });
  log.error({}, 'failed');
  expect(text()).toContain('\u001b[31merror\u001b[39m');
});

it('lets no field steer the terminal', () => {
  const { log, text } = written({ isTerminal: true });
  log.info({ id: '\u001b[2J\nfake', caller: '\u202e' }, 'request ended');
  expect(text().slice(0, -1)).not.toMatch(/[\p{Cc}\p{Cf}]/u);
});

it('repeats a warning about a connection every five minutes, or after news of it', async () => {
  const { log, clock, text } = written({ isTerminal: false });
  const thinned = rarely(log, clock);
  const fail = () => thinned.warn({ connection: 'publish', reason: 'away' }, 'could not connect');
  const count = () => text().split('could not connect').length - 1;
  fail();
  fail();
  expect(count()).toBe(1);
  thinned.warn({ connection: 'consume', reason: 'away' }, 'could not connect');
  expect(count()).toBe(2);
  await clock.advance(300_000);
  fail();
  expect(count()).toBe(3);
  thinned.info({ connection: 'publish' }, 'connected');
  fail();
  expect(count()).toBe(4);
  thinned.warn({ id: 'a' }, 'quarantined');
  thinned.warn({ id: 'b' }, 'quarantined');
  expect(text().split('quarantined').length - 1).toBe(2);
});
