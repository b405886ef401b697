import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../support/ports.js';
import { runSamovar } from '../support/samovar-process.js';
import { openCallWorld, type CallWorld } from './call-harness.js';

let world: CallWorld;

beforeAll(async () => {
  world = await openCallWorld();
});

afterAll(() => world.stop());

async function call(action: string, body: string, ...args: string[]) {
  const child = runSamovar(['call', action, '--to', world.to, '--url', world.url, '--body', body, ...args]);
  const { code } = await child.exited;
  return { code, out: child.lines, err: child.stderr.trimEnd().split('\n') };
}

function withPassword(url: string, password: string): string {
  const changed = new URL(url);
  changed.password = password;
  return changed.href;
}

it('prints the answer and exits with 0', async () => {
  const { code, out, err } = await call('dx_node_status', '{}');
  expect({ code, err }).toEqual({ code: 0, err: [''] });
  expect(JSON.parse(out.join('\n'))).toMatchObject({ hostname: world.to });
});

describe('prints one clear line and exits with the right code', () => {
  const holds = '{"holds": true}';
  it.each<[what: string, code: number, line: RegExp, make: () => ReturnType<typeof call>]>([
    ['a timeout', 75, /deadline_exceeded \(unknown\)/, () => call('probe', holds, '--timeout', '3s')],
    ['a wrong address', 69, /unroutable \(not_executed\)/, () => call('probe', '{}', '--to', 'nowhere')],
    ['a wrong body', 64, /expected --body to be JSON/, () => call('probe', '{')],
    ['an unknown option', 64, /unknown option/, () => call('probe', '{}', '--hot')],
    ['a wrong password', 78, /password/, () => call('probe', '{}', '--url', withPassword(world.url, 's3cret'))],
    ['a stranger', 1, /forbidden \(not_executed\)/, () => call('probe', '{}', '--url', world.stranger)],
    [
      'a declared error',
      1,
      /failed \(executed\): no_such_machine/,
      () => call('dx_order_coffee_pot', '{"machine": "m9", "orderId": "o"}'),
    ],
    [
      'a broker that is stopped',
      69,
      /unavailable \(not_executed\): .*127\.0\.0\.1/,
      async () => {
        const [port = 0] = await freePorts(1);
        return call('probe', '{}', '--timeout', '1s', '--url', `amqp://user:s3cret@127.0.0.1:${port}`);
      },
    ],
  ])('for %s', async (what, code, line, make) => {
    const ended = await make();
    expect({ code: ended.code, out: ended.out }).toEqual({ code, out: [] });
    // A wrong option gets hints: what was meant, and where to read on.
    const hint = /^$|^\((Did you mean|samovar --help)/;
    const lines = what === 'an unknown option' ? ended.err.filter((each) => !hint.test(each)) : ended.err;
    expect(lines).toHaveLength(1);
    expect(ended.err[0]).toMatch(line);
    expect(ended.err.join()).not.toContain('s3cret');
  });

  it('for Ctrl-C: nobody knows whether it ran', async () => {
    const before = world.held;
    const child = runSamovar(['call', 'probe', '--to', world.to, '--url', world.url, '--body', holds]);
    await expect.poll(() => world.held).toBeGreaterThan(before);
    child.kill('SIGINT');
    expect(await child.exited).toEqual({ code: 130, signal: null });
    expect(child.stderr).toMatch(/^samovar: cancelled \(unknown\): .*\n$/);
  });
});
