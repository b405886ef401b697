import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { declaredErrorOf } from 'samovar';
import { dxCreateBackup, dxRestoreBackup, handleDxCreateBackup } from 'samovar/handlers';
import { afterEach, expect, test } from 'vitest';
import { runScript, type ScriptProcess } from '../../support/process.js';
import { openKitchen } from '../kitchen.js';
import { makeFifo } from '../make-fifo.js';
import { addEndlessFile, openStore, sha256, tarsOf, unfinished, unfinishedBytes } from './store.js';

const to = 'node-1';
const scripts: ScriptProcess[] = [];
afterEach(async () => {
  for (const script of scripts.splice(0)) await script.kill9();
});

test('a backup is a tar.gz that any tar reads, with a checksum that fits', async () => {
  const { client, archives, folder } = await openStore();
  const trees = folder('trees', { oak: 'brown', '-beech': 'grey', 'new\nline': '' });
  const backup = await client.call(dxCreateBackup, { folder: trees, name: 'one' }, { to });
  const path = join(archives, 'one/archive.tar.gz');
  expect(backup).toMatchObject({ name: 'one', folder: trees, entries: 3, contentBytes: 9, consistent: true });
  expect(backup).toMatchObject({ sha256: sha256(readFileSync(path)), archiveBytes: statSync(path).size });
  expect(execFileSync('tar', ['-xzOf', path, './-beech'], { encoding: 'utf8' })).toBe('grey');
  expect(readdirSync(archives)).toEqual(['one']);
  expect(readdirSync(join(archives, 'one')).sort()).toEqual(['archive.tar.gz', 'backup.json']);
  expect(JSON.parse(readFileSync(join(archives, 'one/backup.json'), 'utf8'))).toEqual(backup);
});

test('nobody but the worker may read the archives', async () => {
  const { client, archives, folder } = await openStore();
  await client.call(dxCreateBackup, { folder: folder('trees', {}), name: 'one' }, { to });
  expect(statSync(archives).mode & 0o077).toBe(0);
  expect(statSync(join(archives, 'one/archive.tar.gz')).mode & 0o077).toBe(0);
});

test('asked again, also at the same time, it answers with the backup that is there', async () => {
  const { client, folder } = await openStore();
  const trees = folder('trees', { oak: 'brown' });
  const ask = () => client.call(dxCreateBackup, { folder: trees, name: 'one' }, { to });
  const [first, second] = await Promise.all([ask(), ask()]);
  expect(second).toEqual(first);
  folder('trees', { birch: 'white' });
  expect(await ask()).toEqual(first);
});

test('of two processes that make one backup, without locks in common, the first one counts', async () => {
  const { client, archives, folder, addBackup } = await openStore();
  const trees = folder('trees', { oak: '' });
  // Takes a second or two.
  truncateSync(join(trees, 'oak'), 2 ** 28);
  const late = client.call(dxCreateBackup, { folder: trees, name: 'trees' }, { to });
  await expect.poll(() => unfinishedBytes(archives, unfinished)).toBeGreaterThan(0);
  addBackup('trees', Buffer.from('the first'));
  expect(await late).toMatchObject({ name: 'trees', sha256: sha256(Buffer.from('the first')) });
  expect(readFileSync(join(archives, 'trees/archive.tar.gz'), 'utf8')).toBe('the first');
  expect(readdirSync(archives)).toEqual(['trees']);
});

test('a name is never used for another folder, nor a foreign file overwritten', async () => {
  const { client, archives, folder } = await openStore();
  await client.call(dxCreateBackup, { folder: folder('trees', {}), name: 'one' }, { to });
  const other = client.call(dxCreateBackup, { folder: folder('shrubs', {}), name: 'one' }, { to });
  await expect(other).rejects.toMatchObject({ declared: { name: 'name_taken', data: { name: 'one' } } });
  writeFileSync(join(archives, 'two'), 'foreign');
  const foreign = client.call(dxCreateBackup, { folder: folder('trees', {}), name: 'two' }, { to });
  await expect(foreign).rejects.toMatchObject({ declared: { name: 'name_taken' } });
  expect(readFileSync(join(archives, 'two'), 'utf8')).toBe('foreign');
});

test('folders that are not below a root, or behind a symbolic link, are out of reach', async () => {
  const { client, root, archives, folder } = await openStore();
  const inside = folder('trees/oaks', {});
  symlinkSync('/etc', join(root, 'out'));
  symlinkSync(join(root, 'trees'), join(root, 'alias'));
  for (const wrong of [
    '/etc',
    root,
    `${root}-beside`,
    join(root, 'out'),
    join(root, 'out/ssl'),
    join(root, 'alias/oaks'),
  ]) {
    const call = client.call(dxCreateBackup, { folder: wrong, name: 'one' }, { to });
    const error: unknown = await call.catch((thrown: unknown) => thrown);
    const data = { folder: wrong, roots: [root] };
    expect(declaredErrorOf(dxCreateBackup, error)).toEqual({ name: 'outside_root', data });
  }
  for (const wrong of [`${inside}/../oaks`, `${inside}/`, 'trees', `${root}//trees`, '/', `${root}/a\0b`]) {
    const call = client.call(dxCreateBackup, { folder: wrong, name: 'one' }, { to });
    await expect(call).rejects.toMatchObject({ code: 'invalid_request' });
  }
  expect(() => readdirSync(archives)).toThrow('ENOENT');
});

test('it says so when there is no such folder', async () => {
  const { client, root, folder } = await openStore();
  folder('.', { file: '' });
  for (const wrong of [join(root, 'nothing'), join(root, 'file'), join(root, 'nothing/at/all')]) {
    const call = client.call(dxCreateBackup, { folder: wrong, name: 'one' }, { to });
    await expect(call).rejects.toMatchObject({ declared: { name: 'no_such_folder' } });
  }
});

test('a folder with a name that no file system takes is none', async () => {
  const { client, root, folder, addBackup } = await openStore();
  addBackup('one', Buffer.from(''));
  folder('trees', {});
  for (const action of [dxCreateBackup, dxRestoreBackup]) {
    const long = client.call(action, { folder: join(root, 'ü'.repeat(128)), name: 'one' }, { to });
    await expect(long).rejects.toMatchObject({ declared: { name: 'no_such_folder' } });
    // As UTF-8 it would be the name of another folder, and have a lock of its own.
    const half = client.call(action, { folder: join(root, 'half \ud800'), name: 'one' }, { to });
    await expect(half).rejects.toMatchObject({ code: 'invalid_request' });
  }
});

test('a folder below a root that is a symbolic link is out of reach: locks go by the one name that it has', async () => {
  const { client, root, archives } = await openStore();
  const alias = join(root, '../alias');
  mkdirSync(join(root, 'trees'));
  symlinkSync(root, alias);
  const kitchen = await openKitchen(() => [handleDxCreateBackup({ roots: [root, alias], archives })]);
  const call = kitchen.client.call(dxCreateBackup, { folder: join(alias, 'trees'), name: 'one' }, { to });
  await expect(call).rejects.toMatchObject({ declared: { name: 'outside_root' } });
  expect(await client.call(dxCreateBackup, { folder: join(root, 'trees'), name: 'one' }, { to })).toBeTruthy();
});

test.each([['..'], ['a/b'], ['-a'], ['.a'], ['a\n'], ['']])('%j is no name of a backup', async (name) => {
  const { client, folder } = await openStore();
  const call = client.call(dxCreateBackup, { folder: folder('trees', {}), name }, { to });
  await expect(call).rejects.toMatchObject({ code: 'invalid_request' });
});

test('what could not be restored is not backed up', async () => {
  const { client, archives, folder } = await openStore();
  symlinkSync('/etc/passwd', join(folder('leads-out', { oak: 'x'.repeat(100_000) }), 'passwd'));
  makeFifo(join(folder('pipes', {}), 'pipe'));
  for (const [name, entry] of [
    ['leads-out', './passwd'],
    ['pipes', './pipe'],
  ] as const) {
    const call = client.call(dxCreateBackup, { folder: folder(name, {}), name }, { to });
    await expect(call).rejects.toMatchObject({ declared: { name: 'refused_entry', data: { entry } } });
  }
  expect(readdirSync(archives)).toEqual([]);
  expect(tarsOf(process.pid)).toEqual([]);
});

test('a backup that is given up in the middle leaves nothing, neither files nor processes', async () => {
  const { client, server, archives, folder } = await openStore();
  const trees = folder('trees', { oak: 'brown' });
  addEndlessFile(trees);
  const change = new AbortController();
  const call = client.call(dxCreateBackup, { folder: trees, name: 'one' }, { to, signal: change.signal });
  await expect.poll(() => unfinishedBytes(archives, unfinished)).toBeGreaterThan(0);
  expect(tarsOf(process.pid)).toHaveLength(1);
  change.abort();
  await expect(call).rejects.toMatchObject({ code: 'cancelled', outcome: 'unknown' });
  await expect.poll(() => server.health().inFlight).toBe(0);
  expect(readdirSync(archives)).toEqual([]);
  expect(tarsOf(process.pid)).toEqual([]);
});

test('backups of one folder, and of what it lies in, wait for each other; others go on', async () => {
  const { client, folder, stages } = await openStore();
  const busy = folder('park/trees', {});
  addEndlessFile(busy);
  const change = new AbortController();
  const ask = (of: string, name: string) =>
    client.call(dxCreateBackup, { folder: folder(of, {}), name }, { to, signal: change.signal });
  const started = () => stages.filter((stage) => stage === 'dx_create_backup started').length;
  const held = [ask('park/trees', 'one'), ask('park/trees', 'two'), ask('park', 'three')].map((call) =>
    call.catch((error: unknown) => error),
  );
  await expect.poll(started).toBe(1);
  // It has come later, and is answered while the others wait.
  expect(await ask('meadow', 'four')).toMatchObject({ name: 'four' });
  expect(started()).toBe(2);
  change.abort();
  for (const error of await Promise.all(held)) expect(error).toMatchObject({ code: 'cancelled' });
});

test('a process killed in the middle of a backup leaves no half archive, and the next backup clears up', async () => {
  const { client, root, archives, folder } = await openStore();
  const trees = folder('trees', { oak: 'brown' });
  addEndlessFile(trees);
  const script = runScript(new URL('worker.ts', import.meta.url), { args: [root, archives, trees] });
  scripts.push(script);
  await expect.poll(() => unfinishedBytes(archives, unfinished), { timeout: 20_000 }).toBeGreaterThan(0);
  const [tar = 0] = tarsOf(script.pid);
  expect(tar).toBeGreaterThan(0);
  await script.kill9();
  // Nobody told it to end: its pipe is broken.
  await expect.poll(() => isRunning(tar)).toBe(false);
  expect(readdirSync(archives)).toEqual([expect.stringMatching(/^\.samovar-/)]);

  rmSync(join(trees, 'endless'));
  const backup = await client.call(dxCreateBackup, { folder: trees, name: 'another' }, { to });
  expect(backup.entries).toBe(1);
  expect(readdirSync(archives)).toEqual(['another']);
});

test('a worker that is told to stop in the middle of a backup aborts it within its time, and leaves nothing', async () => {
  const { root, archives, folder } = await openStore();
  const trees = folder('trees', {});
  addEndlessFile(trees);
  const script = runScript(new URL('worker.ts', import.meta.url), { args: [root, archives, trees] });
  scripts.push(script);
  await expect.poll(() => unfinishedBytes(archives, unfinished), { timeout: 20_000 }).toBeGreaterThan(0);
  const [tar = 0] = tarsOf(script.pid);
  script.kill('SIGTERM');
  expect(await script.exited).toEqual({ code: 0, signal: null });
  expect(script.lines.at(-1)).toBe('stopped, 1 unfinished');
  expect(readdirSync(archives)).toEqual([]);
  expect(isRunning(tar)).toBe(false);
});

test('temporary files of backups that still run are left alone', async () => {
  const { client, archives, folder } = await openStore();
  const big = folder('big', {});
  addEndlessFile(big);
  const change = new AbortController();
  const running = client.call(dxCreateBackup, { folder: big, name: 'one' }, { to, signal: change.signal });
  await expect.poll(() => unfinishedBytes(archives, unfinished)).toBeGreaterThan(0);
  await client.call(dxCreateBackup, { folder: folder('small', {}), name: 'two' }, { to });
  expect(unfinishedBytes(archives, unfinished)).toBeGreaterThan(0);
  change.abort();
  await expect(running).rejects.toMatchObject({ code: 'cancelled' });
});

test('a folder that comes back under its name is restored from its backup as it was', async () => {
  const { client, root, folder } = await openStore();
  const trees = folder('trees', { oak: 'brown' });
  mkdirSync(join(trees, 'deep/er'), { recursive: true });
  symlinkSync('../../oak', join(trees, 'deep/er/link'));
  await client.call(dxCreateBackup, { folder: trees, name: 'one' }, { to });
  renameSync(trees, join(root, 'moved'));
  const restored = await client.call(dxRestoreBackup, { folder: trees, name: 'one' }, { to });
  expect(restored).toMatchObject({ entries: 4, contentBytes: 5, replaced: false });
  for (const file of ['oak', 'deep/er/link']) expect(readFileSync(join(trees, file), 'utf8')).toBe('brown');
  expect(readlinkSync(join(trees, 'deep/er/link'))).toBe('../../oak');
});

/** A dead process that its parent has not fetched does not count. */
function isRunning(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}
