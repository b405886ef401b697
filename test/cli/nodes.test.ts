import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { failureOf } from '../../src/cli/failure.js';
import { runNodes, type NodesOptions } from '../../src/cli/nodes/command.js';
import { sharedRabbitmq } from '../support/shared-rabbitmq.js';
import { message, openLab, work, type Lab } from '../transports/amqp/lab.js';
import { fileWith } from './file-with.js';
import { recordedTerminal } from './recorded-terminal.js';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab(await sharedRabbitmq());
});
afterEach(() => lab.sweep());
afterAll(() => lab.end());

async function nodes(options: NodesOptions) {
  const terminal = recordedTerminal();
  const exitCode = await runNodes(
    { ...(options.config === undefined && { url: lab.url }), ...options },
    { terminal, env: {}, cwd: process.cwd() },
  );
  return { exitCode, lines: terminal.lines };
}

describe('samovar nodes', () => {
  test('shows who serves each address and what waits there', async () => {
    const served = await work(lab.connect(), undefined, { address: 'served' });
    const left = await work(lab.connect(), undefined, { address: 'left' });
    await left.stop();
    await served.transport.send('left', message());
    expect(await nodes({ to: ['served', 'left', 'nowhere'] })).toEqual({
      exitCode: 0,
      lines: [
        'address  state      consumers  waiting  retrying  quarantined',
        'served   served     1          0        0         0',
        'left     no worker  0          1        0         0',
        'nowhere  missing    0          0        0         0',
      ],
    });
  });

  test('is made for programs with --json', async () => {
    await work(lab.connect(), undefined, { address: 'counted' });
    const { lines } = await nodes({ address: ['counted'], json: true });
    expect(JSON.parse(lines.join('\n'))).toEqual([
      {
        virtualHost: lab.virtualHost,
        address: 'counted',
        state: 'served',
        consumers: 1,
        waiting: 0,
        retrying: { '30s': 0, '5m': 0, '30m': 0 },
        quarantined: 0,
      },
    ]);
  });

  test.each([
    [0, ['watched']],
    [1, ['watched', 'nowhere']],
  ])('exits with %i when asked to check %j', async (exitCode, to) => {
    await work(lab.connect(), undefined, { address: 'watched' });
    expect((await nodes({ to, check: true })).exitCode).toBe(exitCode);
  });

  test('exits with 69 in one line where the broker is away, and with 78 where the password is wrong', async () => {
    const server = { url: lab.proxy.through(lab.url), wait_for_broker_ms: 200 };
    const config = await fileWith({ server, virtual_hosts: { [lab.virtualHost]: { queue: 'a' } } });
    await lab.proxy.down();
    const away: unknown = await nodes({ config }).catch((error: unknown) => error);
    await lab.proxy.up();
    expect(failureOf(away)).toMatchObject({
      exitCode: 69,
      line: expect.stringMatching(/^samovar: no broker .*$/) as string,
    });
    const wrong = new URL(lab.url);
    wrong.password = 's3cret';
    const refused: unknown = await nodes({ url: wrong.href, to: ['a'] }).catch((error: unknown) => error);
    expect(failureOf(refused).exitCode).toBe(78);
    expect(failureOf(refused).line).not.toContain('s3cret');
  });
});
