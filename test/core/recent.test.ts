import { expect, test } from 'vitest';
import type { Call } from '../../src/core/call.js';
import { createRecent } from '../../src/core/recent.js';
import type { Delivery } from '../../src/core/transport.js';

const settled = (body: string, caller = 'shop') =>
  ({ id: 'm', action: 'echo', caller, message: { body } }) as unknown as Call;
const redelivered = (body: string, sender = 'shop') =>
  ({ message: { id: 'm', action: 'echo', body }, sender }) as unknown as Delivery;

test.each([10, 1_024, 1_025, 100_000])(
  'a body of %d characters is told from one that differs in one of them',
  (length) => {
    const recent = createRecent(4);
    const body = 'x'.repeat(length);
    recent.add(settled(body), { body: 'the answer' });
    expect(recent.find(redelivered(body))).toEqual({ answer: { body: 'the answer' } });
    expect(recent.find(redelivered(`y${body.slice(1)}`))).toBeUndefined();
    expect(recent.find(redelivered(`${body}x`))).toBeUndefined();
    expect(recent.find(redelivered(body, 'somebody else'))).toBeUndefined();
  },
);
