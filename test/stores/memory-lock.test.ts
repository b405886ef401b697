import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createMemoryLockProvider, createMemoryLockState } from '../../src/stores/memory/lock.js';
import { exclusive, limit, shared } from '../../src/stores/lock.js';
import { createManualClock } from '../../src/testing/manual-clock.js';
import { ask } from '../../src/testing/stores/ask.js';
import { turnOfTheLoop } from './memory-harness.js';

const alone = { signal: new AbortController().signal, owner: 'someone', ancestors: [] };

describe('a memory lock provider', () => {
  it('begins the work in the same turn when the keys are free', () => {
    const store = createMemoryLockProvider();
    let began = false;
    void store.hold([exclusive('a'), shared('b')], alone, async () => void (began = true));
    expect(began).toBe(true);
  });

  it('forgets a hundred thousand names as soon as they are idle', async () => {
    const state = createMemoryLockState();
    const store = createMemoryLockProvider({ state });
    let most = 0;
    for (let nth = 0; nth < 100_000; nth += 1) {
      await store.hold([exclusive(`machine:${nth}`)], alone, async () => void (most = Math.max(most, state.size)));
    }
    expect([most, state.size]).toEqual([1, 0]);
  });

  it('has no signal where nothing can be lost, and sets no timer', async () => {
    const clock = createManualClock();
    const store = createMemoryLockProvider({ clock });
    const holder = ask(store, [exclusive('a')]);
    const waiter = ask(store, [exclusive('a')]);
    expect(await holder.granted).toEqual({ fence: 1 });
    await store.close();
    await expect(waiter.done).rejects.toMatchObject({ code: 'unavailable', outcome: 'not_executed' });
    expect(clock.pending()).toBe(0);
    holder.end('done');
    expect(await holder.done).toBe('done');
  });

  it('takes its listener off the signal of who waited, however the wait ends', async () => {
    const store = createMemoryLockProvider();
    for (const end of ['granted', 'given up', 'closed'] as const) {
      const controller = new AbortController();
      const { signal } = controller;
      const holder = ask(store, [exclusive(end)]);
      const waiter = ask(store, [exclusive(end)], { signal });
      expect(getEventListeners(signal, 'abort')).toHaveLength(1);
      if (end === 'granted') holder.end();
      if (end === 'given up') controller.abort(new Error(end));
      if (end === 'closed') await store.close();
      await turnOfTheLoop();
      expect(getEventListeners(signal, 'abort')).toHaveLength(0);
      holder.end();
      waiter.end();
    }
  });

  it('leaves no timer once the last work of a closed provider has ended', async () => {
    const clock = createManualClock();
    const state = createMemoryLockState();
    const store = createMemoryLockProvider({ clock, state });
    const holders = [ask(store, [exclusive('a')]), ask(store, [exclusive('b')])];
    await store.close();
    expect(clock.pending()).toBe(1);
    for (const holder of holders) holder.end();
    await turnOfTheLoop();
    expect([clock.pending(), state.size]).toEqual([0, 0]);
  });

  it('begins no work of a provider that is being closed, though its own waiters make room for each other', async () => {
    const state = createMemoryLockState();
    const [closing, open] = [createMemoryLockProvider({ state }), createMemoryLockProvider({ state })];
    const holder = ask(open, [shared('a')]);
    const waiters = [ask(closing, [exclusive('a')]), ask(closing, [shared('a')])];
    const stranger = ask(open, [shared('a')]);
    await closing.close();
    await Promise.allSettled(waiters.map(({ done }) => done));
    await stranger.granted;
    expect(holder.state).toBe('held');
    for (const waiter of waiters) {
      await expect(waiter.done).rejects.toMatchObject({ code: 'unavailable' });
    }
  });

  it('lets the larger limit in again once nobody holds the name', async () => {
    const store = createMemoryLockProvider();
    const small = ask(store, [limit('a', 1)]);
    const late = [ask(store, [limit('a', 2)]), ask(store, [limit('a', 2)])];
    expect(late.map(({ state }) => state)).toEqual(['waiting', 'waiting']);
    small.end();
    await turnOfTheLoop();
    expect(late.map(({ state }) => state)).toEqual(['held', 'held']);
  });
});

describe('nested requests that would wait for each other', () => {
  const refused = { code: 'deadlock', outcome: 'not_executed' };

  it('are refused when each asks for what the parent of the other holds', async () => {
    const store = createMemoryLockProvider();
    const parents = [
      ask(store, [exclusive('a')], { owner: 'one' }),
      ask(store, [exclusive('b')], { owner: 'other' }),
    ] as const;
    const first = ask(store, [exclusive('b')], { owner: 'child of one', ancestors: ['one'] });
    const second = ask(store, [exclusive('a')], { owner: 'child of other', ancestors: ['other'] });
    await expect(second.done).rejects.toMatchObject(refused);
    await expect(second.done).rejects.toThrow('"a"');
    expect(first.state).toBe('waiting');
    parents[1].end();
    await first.granted;
  });

  it('are refused when they stand behind somebody who waits for their parent', async () => {
    const store = createMemoryLockProvider();
    ask(store, [shared('a')], { owner: 'parent' });
    ask(store, [exclusive('a'), exclusive('b')]);
    const child = ask(store, [exclusive('b')], { owner: 'child', ancestors: ['parent'] });
    await expect(child.done).rejects.toMatchObject(refused);
  });

  it('are refused when the last place of a limit is gone and all who have one wait', async () => {
    const store = createMemoryLockProvider();
    const key = limit('a', 3);
    const names = ['p1', 'p2', 'p3'];
    for (const owner of names) ask(store, [key], { owner });
    const children = names.map((name) => ask(store, [key], { owner: `child of ${name}`, ancestors: [name] }));
    await turnOfTheLoop();
    expect(children.map(({ state }) => state)).toEqual(['waiting', 'waiting', 'over']);
    await expect(children[2]?.done).rejects.toMatchObject(refused);
  });

  it('wait where a stranger has to end first, also behind others', async () => {
    const store = createMemoryLockProvider();
    const parent = ask(store, [exclusive('a')], { owner: 'parent' });
    const stranger = ask(store, [exclusive('b')], { owner: 'stranger' });
    const other = ask(store, [exclusive('b')], { owner: 'other' });
    const child = ask(store, [exclusive('b')], { owner: 'child', ancestors: ['parent'] });
    stranger.end();
    await other.granted;
    other.end();
    await child.granted;
    child.end();
    parent.end();
    await child.done;
  });
});
