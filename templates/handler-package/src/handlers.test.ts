import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { createClient, declaredErrorOf, silentLog, startServer, type Client } from 'samovar';
import { createMemoryTransport } from 'samovar/memory';
import setUp, { addNote, settings } from './handlers.js';

let folder: string;
let client: Client;
let close: () => Promise<void>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'notes-'));
  const tasks: (() => void | Promise<void>)[] = [];
  const transport = createMemoryTransport();
  const handlers = await setUp({
    settings: settings.parse({ folder, mostNotes: 2 }),
    log: silentLog,
    onStop: (task) => tasks.push(task),
  });
  const server = await startServer({ transport, address: 'node-1', handlers });
  client = createClient({ transport, routes: { [addNote.name]: 'node-1' } });
  close = async () => {
    await client.close();
    await server.stop();
    for (const task of tasks.reverse()) await task();
    await transport.close();
    await rm(folder, { recursive: true });
  };
});
afterEach(() => close());

test('adds notes that come at once, one after the other', async () => {
  const both = await Promise.all(['tea', 'sugar'].map((text) => client.call(addNote, { list: 'shop', text })));
  assert.deepEqual(both.map(({ notes }) => notes).sort(), [1, 2]);
  assert.deepEqual((await readFile(join(folder, 'shop.ndjson'), 'utf8')).split('\n').sort(), ['', '"sugar"', '"tea"']);
});

test('tells the caller that a list is full', async () => {
  for (const text of ['tea', 'sugar']) await client.call(addNote, { list: 'shop', text });
  const error = await client.call(addNote, { list: 'shop', text: 'milk' }).catch((thrown: unknown) => thrown);
  assert.deepEqual(declaredErrorOf(addNote, error), { name: 'list_full', data: { notes: 2 } });
});

test('refuses settings that cannot be right', () => {
  assert.equal(settings.safeParse({ folder: '' }).success, false);
  assert.equal(settings.safeParse({ foldr: '/srv/notes' }).success, false);
});
