import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createMemoryIdempotencyState, createMemoryIdempotencyStore } from '../../src/stores/memory/idempotency.js';
import { createManualClock } from '../../src/testing/manual-clock.js';
import { answer, owner, readRunning, take } from '../../src/testing/stores/take.js';

const hour = 3_600_000;

describe('a memory idempotency store', () => {
  it('is not durable', () => {
    expect(createMemoryIdempotencyStore().durable).toBe(false);
  });

  it('keeps an answer for 24 hours by default, by the monotonic clock', async () => {
    const clock = createManualClock();
    const store = createMemoryIdempotencyStore({ clock });
    await (await take(store, 'a')).settle(answer);
    clock.jump(48 * hour);
    await clock.advance(24 * hour - 1);
    expect((await store.read('a')).state).toBe('settled');
    await clock.advance(1);
    expect((await store.read('a')).state).toBe('none');
  });

  it('forgets the oldest answers when all together are too long, but never the last', async () => {
    const store = createMemoryIdempotencyStore({ maxCharacters: 10 });
    for (const key of ['a', 'b', 'c']) await (await take(store, key)).settle('12345');
    expect([(await store.read('a')).state, (await store.read('b')).state]).toEqual(['none', 'settled']);
    await (await take(store, 'long')).settle('12345678901');
    expect([(await store.read('c')).state, (await store.read('long')).state]).toEqual(['none', 'settled']);
  });

  it('over its bound forgets the oldest answer, never a run', async () => {
    const state = createMemoryIdempotencyState();
    const store = createMemoryIdempotencyStore({ clock: createManualClock(), state, maxRecords: 3 });
    const running = await take(store, 'running');
    const first = await take(store, 'first');
    await (await take(store, 'second')).settle(answer);
    await first.settle(answer);
    await take(store, 'third');
    expect(state.size).toBe(3);
    expect((await store.read('second')).state).toBe('none');
    expect((await store.read('first')).state).toBe('settled');
    await take(store, 'fourth');
    await expect(store.claim('fifth', 'fp', owner)).rejects.toMatchObject({
      code: 'busy',
      outcome: 'not_executed',
      retryable: true,
    });
    expect((await store.claim('fourth', 'fp', owner)).state).toBe('running');
    await running.release();
    await take(store, 'fifth');
  });

  it('stays at its bound however many keys come by', async () => {
    const state = createMemoryIdempotencyState();
    const store = createMemoryIdempotencyStore({ clock: createManualClock(), state, maxRecords: 1_000 });
    for (let nth = 0; nth < 20_000; nth += 1) await (await take(store, `key-${nth}`)).settle(answer);
    expect(state.size).toBe(1_000);
    expect((await store.read('key-19000')).state).toBe('settled');
    expect((await store.read('key-18999')).state).toBe('none');
  });

  it('needs one timer for all its answers, and none once they are gone', async () => {
    const clock = createManualClock();
    const state = createMemoryIdempotencyState();
    const store = createMemoryIdempotencyStore({ clock, state, keepMs: 24 * hour });
    expect(clock.pending()).toBe(0);
    for (let nth = 0; nth < 100; nth += 1) {
      await (await take(store, `key-${nth}`)).settle(answer);
      await clock.advance(hour / 10);
    }
    expect(clock.pending()).toBe(1);
    await clock.advance(36 * hour);
    expect([clock.pending(), state.size]).toEqual([0, 0]);
  });

  it('leaves no timer after close', async () => {
    const clock = createManualClock();
    const store = createMemoryIdempotencyStore({ clock });
    await (await take(store, 'a')).settle(answer);
    await take(store, 'b');
    await store.close();
    expect(clock.pending()).toBe(0);
  });

  it('leaves no timer once the last claim of a closed store that shared its state has ended', async () => {
    const clock = createManualClock();
    const store = createMemoryIdempotencyStore({ clock, state: createMemoryIdempotencyState() });
    const [one, other] = [await take(store, 'a'), await take(store, 'b')];
    await store.close();
    expect(clock.pending()).toBe(1);
    await one.release();
    expect(await other.settle(answer)).toBe('recorded');
    expect(clock.pending()).toBe(0);
  });

  it('takes its listener off the signal of who waited, however the wait ends', async () => {
    const store = createMemoryIdempotencyStore({ clock: createManualClock() });
    for (const end of ['settled', 'released', 'given up', 'closed'] as const) {
      const claim = await take(store, end);
      const controller = new AbortController();
      const waiting = (await readRunning(store, end)).changed(controller.signal);
      expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
      if (end === 'settled') await claim.settle(answer);
      if (end === 'released') await claim.release();
      if (end === 'given up') controller.abort(new Error(end));
      if (end === 'closed') await store.close();
      await Promise.allSettled([waiting]);
      expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
    }
  });

  it('claims and releases one key fast among many answers', async () => {
    const store = createMemoryIdempotencyStore({ clock: createManualClock(), maxRecords: 50_000 });
    for (let nth = 0; nth < 50_000; nth += 1) await (await take(store, `key-${nth}`)).settle(answer);
    const before = process.cpuUsage();
    for (let nth = 0; nth < 20_000; nth += 1) await (await take(store, 'again')).release();
    const { user, system } = process.cpuUsage(before);
    // 20 ms as it should be; seconds if deleted entries pile up in one bucket of a large Map.
    expect((user + system) / 1_000).toBeLessThan(1_000);
  });

  it('gives nobody a signal where nothing can be lost', async () => {
    expect(await take(createMemoryIdempotencyStore({ clock: createManualClock() }), 'a')).not.toHaveProperty('signal');
  });
});
