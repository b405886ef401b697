import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defineHandler, startServer } from '../../src/index.js';
import { createAmqpTransport } from '../../transports/amqp/index.js';
import { freePorts } from '../support/ports.js';
import { openCallWorld, probe, samovar, type CallWorld } from './call-harness.js';
import { fileWith } from './file-with.js';

let world: CallWorld;

beforeAll(async () => {
  world = await openCallWorld();
});

afterAll(() => world.stop());

const call = (action: string, body: unknown, ...args: string[]) =>
  samovar([
    'call',
    action,
    '--url',
    world.url,
    '--body',
    typeof body === 'string' ? body : JSON.stringify(body),
    ...args,
  ]);

const handlers = ['--handlers', 'samovar/handlers'];
const actions = new URL('call-actions.ts', import.meta.url).pathname;

describe('an answered call', () => {
  it('prints the answer as JSON, without a schema too, and exits with 0', async () => {
    const { code, out, err } = await call('dx_example', { favourite_food: 'onion' }, '--to', world.to);
    expect({ code, err }).toEqual({ code: 0, err: [] });
    expect(JSON.parse(out.join('\n'))).toEqual({ tolerable: false });
    expect(out).toEqual(['{', '  "tolerable": false', '}']);
  });

  it('prints one line with --json: data, message, time and id', async () => {
    const { code, out } = await call('dx_example', { favourite_food: 'onion' }, '--to', world.to, '--json');
    expect(code).toBe(0);
    expect(out).toHaveLength(1);
    expect(JSON.parse(out[0] ?? '')).toEqual({
      success: true,
      data: { tolerable: false },
      message: 'Determined toleration',
      tookMs: expect.any(Number) as number,
      id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    });
  });

  it('takes its request from standard input and from a file', async () => {
    const path = await fileWith({ favourite_food: 'onion' });
    const options = ['call', 'dx_example', '--url', world.url, '--to', world.to, '--body'];
    expect(await samovar([...options, '-'], { input: '{"favourite_food": "onion"}' })).toMatchObject({ code: 0 });
    expect(await samovar([...options, `@${path}`])).toMatchObject({ code: 0 });
  });

  it('goes to the only address there is where none is given', async () => {
    expect(await call('dx_node_status', {})).toMatchObject({ code: 0 });
  });

  it('carries its key, its headers and what it may not know', async () => {
    const { out } = await call(
      'probe',
      { a: 1 },
      '--key',
      'k-1',
      '--header',
      'x=1=2',
      '--header',
      'y=2',
      '--persistent',
    );
    expect(JSON.parse(out.join(''))).toEqual({
      request: { a: 1, holds: false },
      headers: expect.objectContaining({ x: '1=2', y: '2', 'samovar-idempotency-key': 'k-1' }) as object,
    });
  });

  it('is answered by a worker that answers on the exchange of the request, without being told, and so is a batch', async () => {
    const transport = createAmqpTransport({ url: world.url, replyRoute: 'request-exchange' });
    const handlers = [defineHandler(probe, { run: () => ({}) })];
    const server = await startServer({ transport, address: 'aside', handlers });
    const options = ['--url', world.url, '--to', 'aside', '--timeout', '5s'];
    const one = await samovar(['call', 'probe', '--body', '{}', ...options]);
    const batch = await samovar(['call', 'probe', '--batch', '-', ...options], { input: '{"body": {}}' });
    await server.stop();
    await transport.close();
    expect(one).toEqual({ code: 0, out: ['{}'], err: [] });
    expect(batch).toMatchObject({ code: 0, err: [] });
  });

  it('is answered straight where the caller may not bind its inbox, unless it insists', async () => {
    const { url } = await world.userWith({ configure: '^amq\\.gen', write: '^probe$', read: '^amq\\.gen' });
    const options = ['call', 'probe', '--url', url, '--body', '{}'];
    expect(await samovar(options)).toMatchObject({ code: 0, err: [] });
    expect(await samovar([...options, '--reply-route', 'request-exchange'])).toMatchObject({ code: 78 });
  });

  it('writes no character that a terminal would obey, and still the same JSON', async () => {
    const text = 'a\u001b[31m\u009b2J\u202eb\u007f';
    const { out } = await call('probe', { text });
    for (const character of ['\u001b', '\u007f', '\u009b', '\u202e']) expect(out.join('\n')).not.toContain(character);
    expect(JSON.parse(out.join('\n'))).toMatchObject({ request: { text } });
  });
});

describe('a one-way request', () => {
  it('is left with the broker, and its id printed', async () => {
    const { code, out } = await call('probe', { oneWay: true }, '--one-way');
    expect({ code, out }).toEqual({ code: 0, out: [expect.stringMatching(/^sent [0-9a-f-]{36}$/)] });
    await expect.poll(() => world.requests).toContainEqual({ oneWay: true, holds: false });
  });

  it('exits with 69 where nobody can receive it', async () => {
    expect(await call('probe', {}, '--one-way', '--to', 'nowhere')).toMatchObject({ code: 69 });
  });
});

describe('with the schema of the action', () => {
  it('explains each mistake with path, expected and got, and sends nothing', async () => {
    const body = { favourite_food: 'pear', chance_percentage: 'much' };
    const { code, out, err } = await call('dx_example', body, ...handlers);
    expect({ code, out }).toEqual({ code: 64, out: [] });
    expect(err).toEqual([
      'samovar: invalid_request (not_executed): the request is wrong, and was not sent; correct the request',
      '  favourite_food: expected one of "onion"|"orange"|"banana", got "pear"',
      '  chance_percentage: expected number, got "much"',
      '  it takes: favourite_food ("onion" | "orange" | "banana"), chance_percentage (integer, default 20)',
    ]);
  });

  it('says that a key is missing', async () => {
    const { err } = await call('dx_example', {}, ...handlers);
    expect(err[1]).toBe('  favourite_food: expected one of "onion"|"orange"|"banana", got nothing');
  });

  it('warns of a key that would be ignored, and says which one was meant', async () => {
    const { code, err } = await call('dx_example', { favourite_food: 'onion', chance_percentag: 3 }, ...handlers);
    expect({ code, err }).toEqual({
      code: 0,
      err: ['samovar: chance_percentag is not known to the action, and ignored; did you mean chance_percentage?'],
    });
  });

  it('says which action was meant, and sends it all the same', async () => {
    const { code, err } = await call('dx_exampel', { favourite_food: 'onion' }, ...handlers);
    expect(code).toBe(69);
    expect(err[0]).toBe('samovar: no handler module at hand has dx_exampel; did you mean dx_example?');
  });

  it('shows no value of a field that may be a secret', async () => {
    const { code, err } = await call('guarded', { api_token: 'very secret' }, '--handlers', actions);
    expect(code).toBe(64);
    expect(err.join('\n')).toContain('api_token');
    expect(err.join('\n')).not.toContain('very secret');
  });

  it('sends the request as it was given, and the defaults of the schema only with --defaults', async () => {
    const body = { deep: {} };
    const plain = await call('probe', body, '--handlers', actions);
    expect(JSON.parse(plain.out.join(''))).toMatchObject({ request: { deep: {} } });
    const filled = await call('probe', body, '--handlers', actions, '--defaults');
    expect(JSON.parse(filled.out.join(''))).toMatchObject({ request: { deep: { level: 7 } } });
  });

  it('goes on without a schema when a configured module cannot be read, and says so', async () => {
    const env = { SAMOVAR_HANDLERS: './not-there.js' };
    const args = ['call', 'dx_node_status', '--url', world.url, '--body', '{}'];
    const { code, err } = await samovar(args, { env });
    expect(code).toBe(0);
    expect(err).toEqual([expect.stringMatching(/^samovar: .*not-there\.js.*; going on without its schemas$/)]);
    expect(await samovar([...args, '--handlers', './not-there.js'])).toMatchObject({ code: 78, out: [] });
  });

  it('sets no module up: that is for a worker to do', async () => {
    expect(await call('probe', {}, '--handlers', actions)).toMatchObject({ code: 0, err: [] });
  });
});

describe('exits with 64 for', () => {
  it('a body that is no UTF-8: another request than was meant would be sent', async () => {
    const path = await fileWith('');
    await writeFile(path, Buffer.from('{"favourite_food": "cr\u00eape"}', 'latin1'));
    const { code, err } = await samovar(['call', 'probe', '--url', world.url, '--body', `@${path}`]);
    expect({ code, err }).toEqual({ code: 64, err: [`samovar: expected ${path} to be UTF-8, got other bytes`] });
  });

  it.each([
    ['a body that is no JSON', ['--body', '{'], /expected --body to be JSON/],
    ['a body that is no object', ['--body', '[1]'], /to be a JSON object, got an array/],
    ['a body that is null', ['--body', 'null'], /got null/],
    ['a body nested too deep', ['--body', `{"a":${'['.repeat(70)}${']'.repeat(70)}}`], /64 levels/],
    ['a file that is not there', ['--body', '@/no/such/file'], /file that can be read/],
    ['no body', [], /expected --body/],
    ['a timeout without a unit', ['--body', '{}', '--timeout', '5'], /duration such as 500ms/],
    ['a key that no store takes', ['--body', '{}', '--key', 'ä'], /printable ASCII/],
    ['a header without a value', ['--body', '{}', '--header', 'x'], /name=value/],
    ['a header of our own', ['--body', '{}', '--header', 'samovar-x=1'], /samovar-/],
    ['an unknown option', ['--body', '{}', '--hot'], /unknown option/],
    ['an unknown choice', ['--body', '{}', '--when-absent', 'cry'], /wait, fail/],
    ['an option of batches', ['--body', '{}', '--parallel', '2'], /only together with --batch/],
    ['a broker-less wish', ['--body', '{}', '--one-way', '--when-absent', 'fail'], /without --one-way/],
  ])('%s', async (_what, args, message) => {
    const { code, out, err } = await samovar(['call', 'probe', '--url', world.url, ...args]);
    expect({ code, out }).toEqual({ code: 64, out: [] });
    expect(err[0]).toMatch(message);
  });

  it('the name of an action that cannot be one', async () => {
    expect(await call('two words', {})).toMatchObject({ code: 64, err: [expect.stringMatching(/action name/)] });
  });

  it('a request that the worker refuses, each mistake on a line', async () => {
    const { code, err } = await call('dx_example', { favourite_food: 'pear' });
    expect(code).toBe(64);
    expect(err).toEqual([
      'samovar: invalid_request (not_executed): Request validation failed; correct the request',
      '  favourite_food: expected one of "onion"|"orange"|"banana", got "pear"',
    ]);
  });

  it('a request that is too large', async () => {
    const { code, err } = await call('probe', { text: 'x'.repeat(1_100_000) });
    expect(code).toBe(64);
    expect(err[0]).toMatch(/^samovar: too_large \(not_executed\): /);
  });
});

describe('exits with 1 for', () => {
  it('an error that the action declares, with its name and data, with and without its schema', async () => {
    const body = { machine: 'm9', orderId: 'o-1' };
    const line = 'samovar: failed (executed): no_such_machine {"machines":["m1","m2"]}';
    expect(await call('dx_order_coffee_pot', body)).toEqual({ code: 1, out: [], err: [line] });
    expect(await call('dx_order_coffee_pot', body, ...handlers)).toEqual({ code: 1, out: [], err: [line] });
    const { out } = await call('dx_order_coffee_pot', body, '--json');
    expect(JSON.parse(out.join(''))).toMatchObject({
      success: false,
      data: null,
      error: { code: 'failed', outcome: 'executed', name: 'no_such_machine', data: { machines: ['m1', 'm2'] } },
    });
  });

  it('a caller who is not let in', async () => {
    const args = ['call', 'probe', '--url', world.stranger, '--body', '{}'];
    const { code, err } = await samovar(args);
    expect(code).toBe(1);
    expect(err).toEqual([expect.stringMatching(/^samovar: forbidden \(not_executed\): .*; ask for/)]);
  });

  it('a key that was used with another request', async () => {
    await call('probe', { n: 1 }, '--key', 'k-2');
    const { code, err } = await call('probe', { n: 2 }, '--key', 'k-2');
    expect(code).toBe(1);
    expect(err[0]).toMatch(/^samovar: key_mismatch \(not_executed\): .*use another --key/);
  });
});

describe('exits with 69 for', () => {
  it('an address that is not there', async () => {
    const { code, err } = await call('probe', {}, '--to', 'nowhere');
    expect(code).toBe(69);
    expect(err).toEqual([expect.stringMatching(/^samovar: unroutable \(not_executed\): .*; look at --to/)]);
  });

  it('a worker that is stopped, with --when-absent fail, the best of five within 50 ms of the send', async () => {
    const transport = createAmqpTransport({ url: world.url });
    const receive = () => Promise.resolve({ kind: 'ack' } as const);
    const consumer = await transport.consume('stopped', { actions: ['probe'], intake: 1 }, receive);
    await consumer.stop();
    await transport.close();
    const tookMs: number[] = [];
    while (tookMs.length < 5) {
      const { code, out } = await call('probe', {}, '--to', 'stopped', '--when-absent', 'fail', '--json');
      const document = JSON.parse(out.join('')) as { readonly tookMs: number };
      expect({ code, ...document }).toMatchObject({
        ...{ code: 69, success: false },
        error: { code: 'no_worker', outcome: 'not_executed' },
      });
      tookMs.push(document.tookMs);
    }
    expect(Math.min(...tookMs), `of ${tookMs.join(', ')} ms`).toBeLessThan(50);
  });

  it('a request that the broker cannot carry, and does not blame a queue', async () => {
    const { code, err } = await call('probe', {}, '--header', 'CC=a');
    expect(code).toBe(69);
    expect(err).toEqual([expect.stringMatching(/^samovar: rejected \(not_executed\): expected no header "CC"/)]);
    expect(err[0]).not.toContain('queue');
  });

  it('a broker that is not there, well before the timeout, and says what it waited for', async () => {
    const [port = 0] = await freePorts(1);
    const url = `amqp://user:s3cret@127.0.0.1:${port}`;
    const args = ['call', 'probe', '--to', 'n', '--url', url, '--body', '{}', '--timeout', '1s'];
    const { code, err } = await samovar(args);
    expect(code).toBe(69);
    expect(err).toEqual([
      'samovar: unavailable (not_executed): no broker within waitForBrokerMs (900): ' +
        `no connection to 127.0.0.1:${port}: connect ECONNREFUSED; try again`,
    ]);
    expect(err.join()).not.toContain('s3cret');
    const { out } = await samovar([...args, '--json']);
    expect(JSON.parse(out.join(''))).toMatchObject({ success: false, error: { code: 'unavailable', retryable: true } });
  });
});

describe('exits with 75 for', () => {
  it('an answer that does not come in time, and says what to do', async () => {
    const { code, err } = await call('probe', { holds: true }, '--timeout', '2s');
    expect(code).toBe(75);
    expect(err).toEqual([
      expect.stringMatching(/^samovar: deadline_exceeded \(unknown\): .*; find out whether it ran/),
    ]);
    const again = await call('probe', { holds: true }, '--timeout', '2s', '--key', 'k-3');
    expect(again.err).toEqual([expect.stringMatching(/; repeat it with the same --key$/)]);
  });
});

describe('exits with 78 for', () => {
  it('a wrong password, without showing it', async () => {
    const url = new URL(world.url);
    url.password = 's3cret';
    const { code, err } = await samovar(['call', 'probe', '--url', url.href, '--body', '{}']);
    expect(code).toBe(78);
    expect(err).toEqual([
      expect.stringMatching(
        /^samovar: unavailable \(not_executed\): [^.]*127\.0\.0\.1.*[^.]\. Look at .*password in url$/,
      ),
    ]);
    expect(err.join()).not.toContain('s3cret');
  });

  it('a virtual host that is not there', async () => {
    const url = new URL(world.url);
    url.pathname = '/not-there';
    expect(await samovar(['call', 'probe', '--url', url.href, '--body', '{}'])).toMatchObject({ code: 78 });
  });

  it('no configuration at all', async () => {
    const cwd = (await fileWith('')).replace(/\/[^/]*$/, '');
    expect(await samovar(['call', 'probe', '--body', '{}', '--config', 'not-there.yml'], { cwd })).toMatchObject({
      code: 78,
    });
  });
});

it('gives up when it is interrupted, and says that nobody knows whether it ran', async () => {
  const stop = new AbortController();
  const running = samovar(['call', 'probe', '--url', world.url, '--body', '{"holds": true}'], { signal: stop.signal });
  const before = world.held;
  await expect.poll(() => world.held).toBeGreaterThan(before);
  stop.abort(new Error('ended by SIGINT'));
  const { err } = await running;
  expect(err).toEqual([expect.stringMatching(/^samovar: cancelled \(unknown\): .*; find out whether it ran/)]);
});
