import { expect, it } from 'vitest';
import { createSimulation } from '../../src/testing/index.js';
import { modelHandlers, work } from './model.js';

/** What the simulation found, each in its shortest form. */

it('a request that comes back to the worker that stood still and lost it is run there', async () => {
  const simulation = createSimulation({
    ...{ seed: 1, profile: 'sqs', nodes: 1, handlers: modelHandlers },
    faults: [{ at: { stage: 'parsed', request: 1 }, what: 'pause', forMs: 40_000 }],
  });
  const { history, violations } = await simulation.run(async ({ callers: [caller] }) => {
    const body = { subject: 'one', ms: 0, lock: 'a' };
    await caller?.call(work, body, { timeoutMs: 120_000, idempotencyKey: 'one' }).catch(() => undefined);
  });
  expect(violations).toEqual([]);
  expect(history.attempts[0]?.told).toMatchObject({ kind: 'value' });
});

it('a worker that stood still does not say that nothing ran: whoever was given the request may run it', async () => {
  const simulation = createSimulation({
    ...{ seed: 1, profile: 'amqp', handlers: modelHandlers },
    faults: [{ at: { stage: 'locked', request: 1 }, what: 'pause', forMs: 40_000 }],
  });
  const { history, violations } = await simulation.run(async ({ callers: [caller] }) => {
    const body = { subject: 'one', ms: 22_000, lock: 'a' };
    await caller?.call(work, body, { timeoutMs: 120_000, idempotencyKey: 'one' }).catch(() => undefined);
  });
  expect(violations).toEqual([]);
  expect(history.attempts[0]?.told).toMatchObject({ code: 'unavailable', outcome: 'unknown' });
});

it('a refusal whose reply was lost with the connection is not told again: the request may run elsewhere by then', async () => {
  const simulation = createSimulation({
    ...{ seed: 4, profile: 'amqp', handlers: modelHandlers },
    faults: [
      { at: { ms: 0 }, what: 'locks-away', forMs: 5_000 },
      { at: { send: 2 }, what: 'lose-send' },
    ],
  });
  const { history, violations } = await simulation.run(async ({ callers: [caller], wait }) => {
    await wait(100);
    const body = { subject: 'one', ms: 0, lock: 'a' };
    await caller?.call(work, body, { timeoutMs: 120_000, idempotencyKey: 'one' }).catch(() => undefined);
  });
  expect(violations).toEqual([]);
  expect(history.attempts[0]?.told).toMatchObject({ kind: 'value' });
});

it('a refusal of a call that was sent twice does not say that nothing ran: the other copy may', async () => {
  const simulation = createSimulation({
    ...{ seed: 1, profile: 'amqp', handlers: modelHandlers },
    faults: [
      { at: { send: 1 }, what: 'lose-confirm' },
      { at: { ms: 9_500 }, what: 'idempotency-away', forMs: 3_000 },
    ],
  });
  const { history, violations } = await simulation.run(async ({ callers: [caller] }) => {
    const body = { subject: 'one', ms: 22_000 };
    await caller?.call(work, body, { timeoutMs: 120_000, idempotencyKey: 'one' }).catch(() => undefined);
  });
  expect(violations).toEqual([]);
  expect(history.attempts[0]?.told).toMatchObject({ code: 'unavailable', outcome: 'unknown' });
});

it('a refusal that waits for the connection is not told: the request may run elsewhere by then', async () => {
  const simulation = createSimulation({
    ...{ seed: 1, profile: 'amqp', handlers: modelHandlers },
    faults: [
      { at: { ms: 0 }, what: 'locks-away', forMs: 5_000 },
      { at: { stage: 'reply-published', request: 1 }, what: 'pause', forMs: 25_000 },
    ],
  });
  const { history, violations } = await simulation.run(async ({ callers: [caller], wait }) => {
    await wait(100);
    const body = { subject: 'one', ms: 22_000, lock: 'a' };
    await caller?.call(work, body, { timeoutMs: 120_000, idempotencyKey: 'one' }).catch(() => undefined);
  });
  expect(violations).toEqual([]);
  expect(history.attempts[0]?.told).toMatchObject({ kind: 'value' });
});

it('a lock that lapsed while its process stood still is not started with: another one has it', async () => {
  const simulation = createSimulation({
    ...{ seed: 6, profile: 'amqp', handlers: modelHandlers, server: { concurrency: 1 } },
    faults: [{ at: { stage: 'locked', request: 3 }, what: 'pause', forMs: 40_000 }],
  });
  const { violations } = await simulation.run(async ({ callers: [caller], wait }) => {
    const calls = [{ lock: 'b' }, { lock: 'c' }, { lock: 'a' }, { lock: 'a' }].map(async (more, nth) => {
      await wait(10 * nth);
      const body = { subject: `${nth}`, ms: 22_000, ...more };
      await caller?.call(work, body, { timeoutMs: 200_000 }).catch(() => undefined);
    });
    await Promise.all(calls);
  });
  expect(violations).toEqual([]);
});
