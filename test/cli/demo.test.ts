import { createSqsEmulator } from 'samovar/testing';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { runDemo, type DemoOptions } from '../../src/cli/demo/command.js';
import { failureOf } from '../../src/cli/failure.js';
import { ConfigurationError } from '../../src/config/configuration-error.js';
import { sharedRabbitmq } from '../support/shared-rabbitmq.js';
import { fileWith } from './file-with.js';
import { recordedTerminal } from './recorded-terminal.js';

const { signal } = new AbortController();

async function demo(options: DemoOptions) {
  const terminal = recordedTerminal();
  const exitCode = await runDemo(options, { terminal, signal });
  return { exitCode, lines: terminal.lines };
}

/** The lines of calls, each cut into its columns. */
function columnsIn(lines: readonly string[]): string[][] {
  return lines.filter((line) => /^[✓✗]/.test(line)).map((line) => line.split(/\s{2,}/));
}

const onion = { action: 'dx_example', to: 'n', request: { favourite_food: 'onion' } };
const order = { action: 'dx_order_coffee_pot', to: 'n', request: { machine: 'm1', brewMs: 0 } };
const scriptOf = (...calls: object[]) => ({ nodes: ['n'], steps: [{ title: 'A step', calls }] });

describe.each(['memory', 'amqp', 'sqs'] as const)('the demo over %s', (transport) => {
  const count = transport === 'sqs' ? 15 : 13;
  let options: DemoOptions = { transport };

  beforeAll(async () => {
    if (transport !== 'amqp') return;
    const broker = await sharedRabbitmq();
    const { url } = await broker.createVirtualHost();
    options = { transport, url };
  });

  it('makes its calls, shows each, and ends well', async () => {
    const { exitCode, lines } = await demo(options);
    expect(lines.at(-1)).toBe(`${count} calls, all as expected`);
    expect(exitCode).toBe(0);
    const calls = columnsIn(lines);
    expect(calls).toHaveLength(count);
    expect(calls[0]).toEqual([
      '✓',
      'dx_example',
      'samovar-demo-1',
      'ok',
      expect.stringMatching(/ ms$/),
      '{"tolerable":false}',
    ]);
    const outcomes = calls.map((columns) => columns[3]);
    expect(outcomes).toContain('invalid_request, not_executed');
    expect(outcomes).toContain('unroutable, not_executed');
    expect(outcomes).toContain('failed, executed');
  });
});

describe('the demo over SQS', () => {
  it('has one of two senders wait for the other, though that one has nothing but the AWS SDK', async () => {
    const { lines } = await demo({ transport: 'sqs' });
    expect(
      columnsIn(lines)
        .slice(-2)
        .map(([mark, action]) => [mark, action]),
    ).toEqual([
      ['✓', 'availability'],
      ['✓', 'availability'],
    ]);
  });

  it('uses the SQS at an endpoint that is given', async () => {
    const listening = await createSqsEmulator().listen();
    onTestFinished(() => listening.close());
    const { exitCode, lines } = await demo({ transport: 'sqs', endpoint: listening.endpoint });
    expect(lines[0]).toBe('3 nodes over the sqs transport: samovar-demo-1, samovar-demo-2, products');
    expect(exitCode).toBe(0);
  });

  it.each([
    [{ transport: 'memory', endpoint: 'http://localhost:1' }, 'expected no --endpoint with the memory transport'],
    [{ transport: 'amqp', aws: true }, 'expected no --aws with the amqp transport'],
    [{ transport: 'sqs', url: 'amqp://localhost' }, 'expected no --url with the sqs transport'],
    [{ transport: 'sqs', endpoint: 'http://localhost:1', aws: true }, 'expected either --endpoint or --aws'],
  ] as const)('refuses %j', async (options, message) => {
    await expect(demo(options)).rejects.toThrow(message);
  });
});

describe('a demo with requests of its own', () => {
  it.each([
    [
      'another answer',
      { ...onion, expect: { answer: { tolerable: true } } },
      'expected an answer with {"tolerable":true}',
    ],
    [
      'another code',
      { ...onion, to: 'nowhere', expect: { code: 'busy', outcome: 'not_executed' } },
      'expected busy (not_executed)',
    ],
    [
      'an error, not an answer',
      { ...onion, expect: { code: 'busy', outcome: 'not_executed' } },
      'expected busy, got an answer',
    ],
    ['an answer, not an error', { ...onion, to: 'nowhere', expect: { answer: {} } }, 'expected an answer'],
  ])('fails when it expected %s', async (_what, call, difference) => {
    const { exitCode, lines } = await demo({ transport: 'memory', requests: await fileWith(scriptOf(call)) });
    expect(exitCode).toBe(1);
    expect(columnsIn(lines)[0]?.[0]).toBe('✗');
    expect(lines).toContain(`    ${difference}`);
    expect(lines.at(-1)).toBe('1 calls, 1 not as expected');
  });

  it('fails when two orders are answered differently that should be one, or ran at once that should not', async () => {
    const calls = [
      { ...order, name: 'first', request: { ...order.request, orderId: 'a' }, expect: { answer: { orderId: 'a' } } },
      { ...order, request: { ...order.request, orderId: 'b' }, expect: { answer: {}, sameAnswerAs: 'first' } },
      { ...onion, expect: { answer: {}, notWhile: 'first' } },
    ];
    const { exitCode, lines } = await demo({ transport: 'memory', requests: await fileWith(scriptOf(...calls)) });
    expect(exitCode).toBe(1);
    expect(lines).toContain('    expected the same answer as first');
    expect(lines).toContain('    expected not to run while first did');
  });

  it.each([
    ['a file that is not there', async () => '/no/such/file.json', 'readable JSON file'],
    ['a file that is no JSON', () => fileWith('{'), 'readable JSON file'],
    ['a file with an unknown key', () => fileWith({ ...scriptOf(onion), node: 'n' }), "to be a demo's requests"],
    [
      'an action it does not have',
      () => fileWith(scriptOf({ ...onion, action: 'dx_tea', expect: { answer: {} } })),
      'dx_tea',
    ],
  ])('refuses %s', async (_what, path, message) => {
    const refused: unknown = await demo({ transport: 'memory', requests: await path() }).catch(
      (error: unknown) => error,
    );
    expect(refused).toBeInstanceOf(ConfigurationError);
    expect((refused as Error).message).toContain(message);
  });
});

it('stops when it is told to', async () => {
  const stop = new AbortController();
  const terminal = recordedTerminal();
  const playing = runDemo({ transport: 'memory' }, { terminal, signal: stop.signal });
  stop.abort(new Error('ended by SIGINT'));
  await expect(playing).rejects.toThrow('ended by SIGINT');
});

it('tells a wrong password from a broker that is away, and shows no password', async () => {
  const { url } = await sharedRabbitmq();
  const wrong = new URL(url);
  wrong.password = 's3cret';
  const refused: unknown = await demo({ transport: 'amqp', url: wrong.href }).catch((error: unknown) => error);
  const { exitCode, line } = failureOf(refused);
  expect(exitCode).toBe(78);
  expect(line).toMatch(/^samovar: .*password in url$/);
  expect(line).not.toContain('s3cret');
});
