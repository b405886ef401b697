import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { availability, handleAvailability } from 'samovar/handlers';
import { expect, it, onTestFinished } from 'vitest';
import { openKitchen } from './kitchen.js';

const to = 'node-1';

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'samovar-shop-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

const products = [
  { product: 'kettle', stock: 3, available: true, watchers: ['kim@example.com'] },
  { product: 'samovar', stock: 1, available: false, watchers: ['ann@example.com', 'bob@example.com'] },
  { product: 'teapot', stock: 0, available: true, watchers: [] },
];

/** A shop on disk, where looking takes no time. */
async function openShop(text = JSON.stringify(products)) {
  const path = await folder();
  const catalogue = join(path, 'catalogue.json');
  await writeFile(catalogue, text);
  const kitchen = await openKitchen((clock) => [handleAvailability({ catalogue, outbox: path, checkMs: 0, clock })]);
  const check = async (request: { test_only?: boolean; send_email?: boolean }) => {
    const call = kitchen.client.call(availability, request, { to, timeoutMs: 1_000 });
    let isOver = false;
    const over = (): void => void (isOver = true);
    call.then(over, over);
    await expect.poll(async () => (await kitchen.clock.advance(0), isOver)).toBe(true);
    return call;
  };
  const mails = async () => (await readdir(path)).filter((name) => name.endsWith('.eml'));
  const read = async () => JSON.parse(await readFile(catalogue, 'utf8')) as unknown;
  return { path, check, mails, read };
}

it('brings availability up to date with the stock, and writes a mail to each watcher', async () => {
  const { path, check, mails, read } = await openShop();
  const answer = await check({ send_email: true });
  expect(answer).toMatchObject({ checked: 3, available: ['samovar'], soldOut: ['teapot'], mails: 2 });
  expect(await read()).toMatchObject([{ available: true }, { available: true }, { available: false }]);
  const [first = ''] = (await mails()).sort();
  expect(await readFile(join(path, first), 'utf8')).toMatch(
    /^To: ann@example\.com\r\nSubject: =\?utf-8\?B\?\S+\?=\r\n/,
  );
  expect(await check({ send_email: true })).toMatchObject({ available: [], soldOut: [], mails: 0 });
});

it('changes and writes nothing when it is only a test', async () => {
  const { check, mails, read } = await openShop();
  expect(await check({ test_only: true, send_email: true })).toMatchObject({ available: ['samovar'], mails: 2 });
  expect(await read()).toEqual(products);
  expect(await mails()).toEqual([]);
});

it.each(['[{"product": "kettle"}]', 'nonsense'])('declares a catalogue that is %s', async (text) => {
  const { path, check } = await openShop(text);
  const error: unknown = await check({}).catch((refused: unknown) => refused);
  expect(error).toMatchObject({ code: 'failed', declared: { name: 'unreadable_catalogue' } });
  expect(JSON.stringify(error)).not.toContain(path);
});

it('has one check wait for another', async () => {
  const { client, clock } = await openKitchen((time) => [handleAvailability({ checkMs: 20, clock: time })]);
  const checks = Promise.all([client.call(availability, {}, { to }), client.call(availability, {}, { to })]);
  await clock.advance(120);
  const [first, second] = await checks;
  expect(second.startedAt).toBe(first.readyAt);
  expect(first).toMatchObject({ checked: 3, available: ['samovar'], soldOut: ['teapot'] });
  expect(second).toMatchObject({ available: [], soldOut: [] });
});
