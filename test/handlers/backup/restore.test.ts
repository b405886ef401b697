import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { declaredErrorOf } from 'samovar';
import { dxCreateBackup, dxRestoreBackup } from 'samovar/handlers';
import { expect, onTestFinished, test } from 'vitest';
import { hugeArchive, openStore, sha256, tarsOf, unfinishedBytes } from './store.js';
import { tarOf } from './tar-writer.js';

const to = 'node-1';
const folderEntry = { name: './', type: '5' };

test('a restore replaces the whole content: what came later is gone', async () => {
  const { client, root, folder } = await openStore();
  const trees = folder('trees', { oak: 'brown' });
  const { sha256 } = await client.call(dxCreateBackup, { folder: trees, name: 'one' }, { to });
  folder('trees', { oak: 'felled', birch: 'white' });
  const restored = await client.call(dxRestoreBackup, { folder: trees, name: 'one', sha256 }, { to });
  expect(restored).toEqual({ name: 'one', folder: trees, entries: 1, contentBytes: 5, replaced: true });
  expect(readdirSync(trees)).toEqual(['oak']);
  expect(readFileSync(join(trees, 'oak'), 'utf8')).toBe('brown');
  expect(readdirSync(root)).toEqual(['trees']);
});

test('an archive that is not the one that was made is refused before anything is touched', async () => {
  const { client, root, archives, folder } = await openStore();
  const trees = folder('trees', { oak: 'brown' });
  const made = await client.call(dxCreateBackup, { folder: trees, name: 'one' }, { to });
  const other = 'a'.repeat(64);
  const wanted = client.call(dxRestoreBackup, { folder: trees, name: 'one', sha256: other }, { to });
  await expect(wanted).rejects.toMatchObject({ declared: { data: { expected: other, found: made.sha256 } } });

  const path = join(archives, 'one/archive.tar.gz');
  const bytes = readFileSync(path);
  bytes[20] = (bytes[20] ?? 0) ^ 1;
  writeFileSync(path, bytes);
  const call = client.call(dxRestoreBackup, { folder: trees, name: 'one' }, { to });
  const error: unknown = await call.catch((thrown: unknown) => thrown);
  expect(declaredErrorOf(dxRestoreBackup, error)).toEqual({
    name: 'checksum_mismatch',
    data: { expected: made.sha256, found: sha256(bytes) },
  });
  expect(readFileSync(join(trees, 'oak'), 'utf8')).toBe('brown');
  expect(readdirSync(root)).toEqual(['trees']);
});

const oak = { name: './oak', content: 'new' };
const refused = 'refused_entry';
test.each([
  ['with an absolute path', refused, gzipSync(tarOf(folderEntry, oak, { name: '/tmp/samovar-escaped' }))],
  ['that climbs out', refused, gzipSync(tarOf(folderEntry, oak, { name: '../escaped' }))],
  [
    'with a link that leads out, and a file behind it',
    refused,
    gzipSync(tarOf(folderEntry, oak, { name: 'l', type: '2', linkName: '..' }, { name: 'l/escaped', content: 'x' })),
  ],
  ['with a device', refused, gzipSync(tarOf(folderEntry, oak, { name: 'null', type: '3' }))],
  ['that is cut off', 'damaged_archive', gzipSync(tarOf(folderEntry, oak)).subarray(0, 40)],
  ['whose tar is cut off', 'damaged_archive', gzipSync(tarOf(folderEntry, oak).subarray(0, 1_024))],
  ['that is no gzip', 'damaged_archive', Buffer.from('never packed')],
])('an archive %s leaves the old content, and nothing else', async (_what, name, archive) => {
  const { client, root, folder, addBackup } = await openStore();
  const trees = folder('trees', { oak: 'old', birch: 'white' });
  addBackup('one', archive);
  const call = client.call(dxRestoreBackup, { folder: trees, name: 'one' }, { to });
  await expect(call).rejects.toMatchObject({ code: 'failed', declared: { name } });
  expect(readdirSync(root)).toEqual(['trees']);
  expect(readdirSync(trees).sort()).toEqual(['birch', 'oak']);
  expect(readFileSync(join(trees, 'oak'), 'utf8')).toBe('old');
  expect(tarsOf(process.pid)).toEqual([]);
});

test('tar itself failing leaves the old content', async () => {
  const { client, root, folder, addBackup } = await openStore();
  const trees = folder('trees', { oak: 'old' });
  // A file where a folder is needed: no rule of ours, but nothing that tar can do.
  addBackup('one', gzipSync(tarOf(folderEntry, { name: 'oak' }, { name: 'oak/leaf' })));
  const call = client.call(dxRestoreBackup, { folder: trees, name: 'one' }, { to });
  await expect(call).rejects.toMatchObject({ code: 'internal', outcome: 'unknown' });
  expect(readdirSync(root)).toEqual(['trees']);
  expect(readFileSync(join(trees, 'oak'), 'utf8')).toBe('old');
});

test('a restore that is given up in the middle leaves the old content', async () => {
  const { client, server, root, folder, addBackup } = await openStore();
  const trees = folder('trees', { oak: 'old' });
  addBackup('one', hugeArchive(tarOf({ name: 'huge', sizeBytes: 2 ** 32 })));
  const change = new AbortController();
  const call = client.call(dxRestoreBackup, { folder: trees, name: 'one' }, { to, signal: change.signal });
  await expect.poll(() => unfinishedBytes(root, 'fresh/huge')).toBeGreaterThan(0);
  change.abort();
  await expect(call).rejects.toMatchObject({ code: 'cancelled' });
  await expect.poll(() => server.health().inFlight).toBe(0);
  expect(readdirSync(root)).toEqual(['trees']);
  expect(readFileSync(join(trees, 'oak'), 'utf8')).toBe('old');
  expect(tarsOf(process.pid)).toEqual([]);
});

test('a folder that a killed restore had moved away is put back by the next one, even if that fails', async () => {
  const { client, root, folder, addBackup } = await openStore();
  const { pid } = spawnSync('true');
  const left = `.samovar-${pid}-abc123`;
  folder(`${left}/displaced/trees`, { oak: 'old' });
  folder(`${left}/fresh`, { oak: 'half' });
  addBackup('one', gzipSync(tarOf(folderEntry, { name: '../escaped' })));
  const trees = join(root, 'trees');
  const call = client.call(dxRestoreBackup, { folder: trees, name: 'one' }, { to });
  await expect(call).rejects.toMatchObject({ declared: { name: 'refused_entry' } });
  expect(readdirSync(root)).toEqual(['trees']);
  expect(readFileSync(join(trees, 'oak'), 'utf8')).toBe('old');
});

test('a folder that a killed restore had moved away is kept where somebody has made another in its place', async () => {
  const { client, root, folder, addBackup } = await openStore();
  const { pid } = spawnSync('true');
  const left = `.samovar-${pid}-abc123`;
  folder(`${left}/displaced/trees`, { oak: 'old' });
  folder(`${left}/fresh`, { oak: 'half' });
  folder('trees', { made: 'meanwhile' });
  addBackup('one', gzipSync(tarOf(folderEntry)));
  await client.call(dxRestoreBackup, { folder: folder('shrubs', {}), name: 'one' }, { to });
  expect(readdirSync(root).sort()).toEqual([left, 'shrubs', 'trees']);
  expect(readFileSync(join(root, left, 'displaced/trees/oak'), 'utf8')).toBe('old');
});

test('what a restore left that was killed once the new content was in its place is removed', async () => {
  const { client, root, folder, addBackup } = await openStore();
  const { pid } = spawnSync('true');
  folder(`.samovar-${pid}-abc123/displaced/trees`, { oak: 'old' });
  folder('trees', { oak: 'new' });
  addBackup('one', gzipSync(tarOf(folderEntry)));
  await client.call(dxRestoreBackup, { folder: folder('shrubs', {}), name: 'one' }, { to });
  expect(readdirSync(root).sort()).toEqual(['shrubs', 'trees']);
  expect(readFileSync(join(root, 'trees/oak'), 'utf8')).toBe('new');
});

test('a folder is restored while somebody keeps making it anew', async () => {
  const { client, root, folder, addBackup } = await openStore();
  const trees = folder('trees', { oak: 'old' });
  addBackup('one', gzipSync(tarOf(folderEntry, oak)));
  // Without a pause, to come between the two renames.
  const gardener = spawn('sh', ['-c', 'while true; do mkdir -p "$0" && : > "$0/weed"; done 2> /dev/null', trees]);
  onTestFinished(() => void gardener.kill('SIGKILL'));
  await expect.poll(() => readdirSync(trees)).toContain('weed');
  for (let time = 0; time < 20; time++) {
    await client.call(dxRestoreBackup, { folder: trees, name: 'one' }, { to });
    expect(readFileSync(join(trees, 'oak'), 'utf8')).toBe('new');
  }
  expect(readdirSync(root)).toEqual(['trees']);
});

test('what only looks like a temporary folder of ours moves nothing', async () => {
  const { client, root, archives, folder } = await openStore();
  const trees = folder('trees', { oak: 'brown' });
  await client.call(dxCreateBackup, { folder: trees, name: 'one' }, { to });
  const { pid } = spawnSync('true');
  mkdirSync(join(archives, 'displaced'));
  writeFileSync(join(archives, 'displaced/secret'), '');
  symlinkSync(archives, join(root, `.samovar-${pid}-abc123`));
  await client.call(dxRestoreBackup, { folder: trees, name: 'one' }, { to });
  expect(readdirSync(join(archives, 'displaced'))).toEqual(['secret']);
  expect(readdirSync(root)).not.toContain('secret');
});

test('it says so when there is no such backup, or nowhere to put it', async () => {
  const { client, root, folder, addBackup } = await openStore();
  const trees = folder('trees', {});
  const missing = client.call(dxRestoreBackup, { folder: trees, name: 'none' }, { to });
  await expect(missing).rejects.toMatchObject({ declared: { name: 'no_such_backup', data: { name: 'none' } } });
  addBackup('one', gzipSync(tarOf(folderEntry)));
  const nowhere = client.call(dxRestoreBackup, { folder: join(root, 'no/where'), name: 'one' }, { to });
  await expect(nowhere).rejects.toMatchObject({
    declared: { name: 'no_such_folder', data: { folder: join(root, 'no') } },
  });
});

test('nothing is restored outside the roots, nor through a symbolic link', async () => {
  const { client, root, archives, folder, addBackup } = await openStore();
  folder('trees', {});
  addBackup('one', gzipSync(tarOf(folderEntry)));
  symlinkSync(archives, join(root, 'link'));
  for (const wrong of [archives, root, join(root, 'link'), join(root, 'link/new')]) {
    const call = client.call(dxRestoreBackup, { folder: wrong, name: 'one' }, { to });
    await expect(call).rejects.toMatchObject({ declared: { name: 'outside_root' } });
  }
  rmSync(join(root, 'link'));
});
