import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  createMemoryIdempotencyStore,
  defineHandler,
  type Delivery,
  type Handler,
  type IdempotencyStore,
  type Message,
  type Transport,
} from '../../src/index.js';
import type { Quarantine } from '../../src/core/quarantine.js';
import { echo, failureOf, openStage, type Stage } from './stage.js';
import { worlds } from './worlds.js';

describe.each(worlds)('over $name', ({ name, open }) => {
  let stage: Stage;
  let works: boolean;
  let ran: { word: string; caller: string | undefined; attempt: number }[];
  beforeEach(async () => {
    stage = await openStage(open);
    works = false;
    ran = [];
  });
  afterEach(() => stage.close());

  const handler = (): Handler =>
    defineHandler(echo, {
      retry: { attempts: 1 },
      run({ word }, { caller, attempt }) {
        if (!works) throw new Error('not yet');
        ran.push({ word, caller, attempt });
        return { word };
      },
    });

  function quarantineOf(address: string): Quarantine {
    const quarantine = stage.world.quarantine?.(address);
    if (!quarantine) throw new Error('expected a world with quarantines');
    return quarantine;
  }

  const request = (id: string, fields: Partial<Message> = {}): Message => ({
    ...{ id, action: 'echo', headers: {}, body: JSON.stringify({ word: id }) },
    ...fields,
  });

  /** Requests that were set aside, in this order. */
  async function setAside(ids: readonly string[], fields: Partial<Message> = {}): Promise<Quarantine> {
    await stage.serve([handler()], { concurrency: 1 });
    const transport: Transport = stage.transport('bob');
    const quarantine = quarantineOf(stage.to);
    // One after the other: in which order a worker sets aside what it has at once is not promised.
    for (const [nth, id] of ids.entries()) {
      await transport.send(stage.to, request(id, fields));
      await expect.poll(async () => (await quarantine.list()).total, { timeout: 20_000 }).toBe(nth + 1);
    }
    return quarantine;
  }

  test('a list says what is there, the oldest first, and takes nothing away', async () => {
    const before = Date.now();
    const quarantine = await setAside(['one', 'two', 'three']);
    const { total, entries, isCut } = await quarantine.list();
    expect([total, isCut]).toEqual([3, false]);
    expect(entries[1]).toMatchObject({
      ...{ id: 'two', action: 'echo', reason: 'internal', attempts: 1, bytes: 14, kind: 'one-way' },
      ...(name === 'amqp' ? { sender: expect.any(String) as string } : { sender: 'bob' }),
    });
    expect(Math.abs((entries[1]?.firstSeen ?? 0) - before)).toBeLessThan(20_000);
    expect(JSON.stringify(entries)).not.toContain('word');
    expect(await quarantine.list({ most: 2 })).toMatchObject({
      ...{ total: 3, isCut: true },
      entries: [{ id: 'one' }, { id: 'two' }],
    });
    expect((await quarantine.list({ ids: ['three'] })).entries).toHaveLength(1);
    expect((await quarantine.list({ actions: ['other'] })).entries).toEqual([]);
    expect((await quarantine.list({ reason: 'inter' })).entries).toHaveLength(3);
    expect((await quarantine.list({ olderThanMs: 60_000 })).entries).toEqual([]);
    expect((await quarantine.list()).entries.map(({ id }) => id)).toEqual(['one', 'two', 'three']);
  });

  test('what is shown has its secrets masked, unless they are to be revealed', async () => {
    const token = `gAAAAAB${'x'.repeat(80)}`;
    const body = {
      word: 'w',
      password: 's3cret-1',
      nested: [{ api_key: 's3cret-2', apiKey: 's3cret-3', note: `see ${token}`, url: 'amqp://u:s3cret-4@host/x' }],
      secret_values: { any: 's3cret-5' },
    };
    const quarantine = await setAside(['one'], {
      body: JSON.stringify(body),
      headers: { 'x-token': 's3cret-6', plain: 'kept', 'samovar-idempotency-key': 'order-1' },
    });
    const shown = await quarantine.show('one');
    expect(JSON.stringify(shown)).not.toMatch(/s3cret|gAAAA/);
    expect(shown).toMatchObject({
      ...{ id: 'one', reason: 'internal' },
      body: { word: 'w', password: '***', nested: [{ note: 'see ***', url: 'amqp://***@host/x' }] },
      headers: { 'x-token': '***', plain: 'kept', 'samovar-idempotency-key': 'order-1' },
    });
    expect((await quarantine.show('one', { reveal: true }))?.body).toEqual(body);
    expect(await quarantine.show('other')).toBeUndefined();
  });

  test('what is redriven runs in order, as its sender, with its id and its attempts counted anew', async () => {
    const ids = ['one', 'two', 'three', 'four'];
    const quarantine = await setAside(ids);
    const sender = (await quarantine.list()).entries[0]?.sender;
    expect(sender).toBeDefined();
    works = true;
    const progress: number[] = [];
    const dry = await quarantine.redrive({ dryRun: true });
    expect(dry).toEqual({ total: 4, looked: 4, done: 4, expired: 0, isComplete: true });
    const report = await quarantine.redrive({ onProgress: ({ done }) => progress.push(done) });
    expect([report, progress]).toEqual([dry, [1, 2, 3, 4]]);
    await expect.poll(() => ran.map(({ word }) => word)).toEqual(ids);
    expect(ran.map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1]);
    expect(ran[0]?.caller).toBe(sender);
    expect(await quarantine.list()).toEqual({ total: 0, entries: [], isCut: false });
  });

  test('what is redriven by id leaves the others where they were, and a failure sets it aside again, behind them', async () => {
    const quarantine = await setAside(['one', 'two', 'three']);
    expect(await quarantine.redrive({ ids: ['two', 'nobody'] })).toMatchObject({ done: 1, total: 3 });
    await expect
      .poll(async () => (await quarantine.list()).entries.map(({ id }) => id))
      .toEqual(['one', 'three', 'two']);
    expect((await quarantine.list()).entries[2]?.attempts).toBe(1);
    expect(await quarantine.purge({ ids: ['one'], dryRun: true })).toMatchObject({ done: 1 });
    expect(await quarantine.purge({ ids: ['one'] })).toMatchObject({ done: 1, total: 3 });
    expect((await quarantine.list()).entries.map(({ id }) => id)).toEqual(['three', 'two']);
    expect(await quarantine.purge({ olderThanMs: 3_600_000 })).toMatchObject({ done: 0 });
    expect(await quarantine.purge()).toMatchObject({ done: 2 });
    expect((await quarantine.list()).total).toBe(0);
    expect(ran).toEqual([]);
  });

  test('work that is given up leaves the rest where it was', async () => {
    const quarantine = await setAside(['one', 'two', 'three', 'four']);
    works = true;
    const abort = new AbortController();
    const report = await quarantine.redrive({
      signal: abort.signal,
      onProgress: ({ done }) => done === 2 && abort.abort(),
    });
    expect(report).toMatchObject({ done: 2, looked: 2, isComplete: false });
    await expect.poll(() => ran.map(({ word }) => word)).toEqual(['one', 'two']);
    expect((await quarantine.list()).entries.map(({ id }) => id)).toEqual(['three', 'four']);
  });

  test('a late call stays, unless it may run without a reply; a late one-way request does not', async () => {
    const transport = stage.transport('bob');
    const seen: Delivery[] = [];
    await stage.transport().consume(stage.to, { actions: ['echo'], intake: 1 }, async (delivery) => {
      seen.push(delivery);
      return works ? { kind: 'ack' } : { kind: 'quarantine', reason: 'why' };
    });
    const inbox = await transport.openInbox({ receive: () => undefined, lost: () => undefined });
    const expiresAt = Date.now() + 5_000;
    await transport.send(stage.to, request('call', { replyTo: inbox.address, correlationId: 'call', expiresAt }));
    await transport.send(stage.to, request('one-way', { expiresAt }));
    await expect.poll(() => seen.length).toBe(2);
    const quarantine = quarantineOf(stage.to);
    await expect.poll(async () => (await quarantine.list()).total).toBe(2);
    const { entries } = await quarantine.list();
    expect(entries.map(({ kind, deadline }) => [kind, deadline])).toEqual([
      ['call', expiresAt],
      ['one-way', expiresAt],
    ]);
    await expect.poll(() => Date.now() > expiresAt, { timeout: 10_000 }).toBe(true);
    works = true;
    expect(await quarantine.redrive()).toMatchObject({ done: 1, expired: 1 });
    await expect.poll(() => seen.map(({ message: { id } }) => id)).toEqual(['call', 'one-way', 'one-way']);
    expect(await quarantine.redrive({ withoutReply: true })).toMatchObject({ done: 1, expired: 0 });
    await expect.poll(() => seen.length).toBe(4);
    for (const { message, redelivered } of seen.slice(2)) {
      expect([message.replyTo, message.expiresAt, redelivered]).toEqual([undefined, undefined, false]);
    }
  });

  test('what a handler that parks has set aside runs once more for each redrive, though its end is recorded', async () => {
    const idempotency: IdempotencyStore = { ...createMemoryIdempotencyStore(), durable: true };
    let starts = 0;
    const parking = defineHandler(echo, {
      onCrash: 'park',
      idempotencyKey: ({ word }) => word,
      run({ word }) {
        starts += 1;
        if (!works) throw new Error('not yet');
        return { word };
      },
    });
    await stage.serve([parking], { idempotency, fingerprintKey: 'k' });
    const transport = stage.transport('bob');
    await transport.send(stage.to, request('one'));
    const quarantine = quarantineOf(stage.to);
    const isThere = async () => (await quarantine.list()).total;
    await expect.poll(isThere).toBe(1);
    await quarantine.redrive();
    await expect.poll(() => starts).toBe(2);
    await expect.poll(isThere).toBe(1);
    works = true;
    await quarantine.redrive();
    await expect.poll(() => starts).toBe(3);
    // A fresh request with that key hears what the first run came to.
    await transport.send(stage.to, request('one'));
    await transport.send(stage.to, request('two'));
    await expect.poll(() => starts).toBe(4);
    expect(await isThere()).toBe(0);
  });

  test('one works at a quarantine at a time, and another is told so', async () => {
    const ids = Array.from({ length: 20 }, (_, nth) => `id-${nth}`);
    const first = await setAside(ids);
    const second = quarantineOf(stage.to);
    expect((await second.list()).total).toBe(20);
    let refused: Promise<unknown> | undefined;
    await first.list({ onProgress: () => void (refused ??= failureOf(second.list())) });
    expect(await refused).toMatchObject({ code: 'busy' });
    expect((await second.list()).entries.map(({ id }) => id)).toEqual(ids);
  });

  test('an address that nobody ever served has no quarantine', async () => {
    expect(await failureOf(quarantineOf('nowhere').list())).toMatchObject({ code: 'unroutable' });
  });
});
