import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createArchiveCheck } from '../../../handlers/backup/archive-check.js';
import { paxOf, recordOf, tarOf, type HandEntry } from './tar-writer.js';

function check(archive: Buffer, chunkBytes = archive.length) {
  const found = createArchiveCheck();
  for (let at = 0; at < archive.length; at += chunkBytes) found.push(archive.subarray(at, at + chunkBytes));
  found.end();
  return { entries: found.entries, contentBytes: found.contentBytes };
}

const folder: HandEntry = { name: './', type: '5' };
const link = (name: string, linkName: string): HandEntry => ({ name, type: '2', linkName });

test.each<[string, HandEntry[]]>([
  ['an absolute path', [{ name: '/etc/passwd' }]],
  ['a path with ".."', [{ name: 'a/../../b' }]],
  ['".." in the prefix of a header', [{ name: 'b', prefix: '../a' }]],
  ['".." in an extended header', [paxOf({ path: '../b' }), { name: 'b' }]],
  ['".." in a long name of GNU tar', [{ name: 'long', type: 'L', content: '../b\0' }, { name: 'b' }]],
  ['a symbolic link to an absolute path', [link('l', '/etc')]],
  ['a symbolic link that leads out', [link('a/l', '../../b')]],
  ['a symbolic link that leads out by an extended header', [paxOf({ linkpath: '../b' }), link('l', 'b')]],
  ['a symbolic link that leads out through another', [link('a/b/l', '../..'), link('m', 'a/b/l/..')]],
  ['a symbolic link to nothing', [link('l', '')]],
  ['a file behind a symbolic link', [link('l', '.'), { name: 'l/b' }]],
  ['a file in the place of a symbolic link', [link('l', 'b'), { name: './/l' }]],
  ['a hard link to an absolute path', [{ name: 'h', type: '1', linkName: '/etc/passwd' }]],
  ['a hard link that leads out', [{ name: 'h', type: '1', linkName: '../b' }]],
  ['a second name for a symbolic link', [link('a/l', '..'), { name: 'h', type: '1', linkName: 'a/l' }]],
  ['a character device', [{ name: 'd', type: '3' }]],
  ['a block device', [{ name: 'd', type: '4' }]],
  ['a named pipe', [{ name: 'p', type: '6' }]],
  ['a kind that is not known', [{ name: 's', type: 'S' }]],
  ['a header for all entries', [{ name: 'g', type: 'g', content: recordOf(['path', '../b']) }]],
  ['a link in the place of the folder itself', [link('.', 'b')]],
  ['a folder with content', [{ name: 'd', type: '5', content: 'hidden header' }]],
  ['a file that is a folder', [{ name: 'd/' }]],
])('refuses %s', (_what, entries) => {
  expect(() => check(tarOf(folder, ...entries))).toThrow(expect.objectContaining({ name: 'RefusedEntry' }));
});

test.each<[string, Buffer]>([
  ['nothing', Buffer.alloc(0)],
  ['no end', tarOf(folder).subarray(0, 512)],
  ['half a file', tarOf({ name: 'a', content: 'x'.repeat(2_000) }).subarray(0, 1_536)],
  ['half a block', Buffer.concat([tarOf(folder), Buffer.alloc(3)])],
  ['entries after the end', Buffer.concat([tarOf(folder), tarOf(folder)])],
  ['no tar', Buffer.from('x'.repeat(1_024))],
  ['a wrong check sum', Buffer.concat([Buffer.from('b'), tarOf({ name: 'a' }).subarray(1)])],
  ['two names for one entry', tarOf({ name: 'l', type: 'L', content: 'a\0' }, paxOf({ path: 'b' }), { name: 'c' })],
  ['an extended header for nothing', tarOf(paxOf({ path: 'b' }))],
  ['a record that is not known', tarOf(paxOf({ 'GNU.sparse.name': '../b' }), { name: 'a' })],
  ['a record of a wrong length', tarOf({ name: 'x', type: 'x', content: '9 path=../b\n' }, { name: 'a' })],
  ['a size that is no number', tarOf(paxOf({ size: '-1' }), { name: 'a' })],
  ['a long name without end', tarOf({ name: 'l', type: 'L', sizeBytes: 1 << 20 })],
])('takes %s for a damaged archive', (_what, archive) => {
  expect(() => check(archive)).toThrow(expect.objectContaining({ name: 'DamagedArchive' }));
});

test('a name is refused for a zero byte, behind which programs do not read on', () => {
  const archive = tarOf(paxOf({ path: 'a\0/../../b' }), { name: 'a' });
  expect(() => check(archive)).toThrow(/zero byte/);
});

test('what GNU tar makes of an ordinary folder passes, however it is cut', () => {
  const root = mkdtempSync(join(tmpdir(), 'samovar-check-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const deep = join(root, 'deep', 'd'.repeat(80), 'e'.repeat(80));
  mkdirSync(deep, { recursive: true });
  writeFileSync(join(deep, 'ü\nnew line'), 'x'.repeat(5_000));
  writeFileSync(join(root, '--checkpoint=1'), 'a name that begins with "-"');
  writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff, 0xfe])]), 'no UTF-8');
  linkSync(join(root, '--checkpoint=1'), join(root, 'hard'));
  symlinkSync('hard', join(root, 'soft'));
  symlinkSync('../..', join(root, 'deep', 'd'.repeat(80), 'up'));
  for (const format of ['posix', 'gnu', 'ustar']) {
    const archive = execFileSync('tar', ['-c', `--format=${format}`, '-f', '-', '-C', root, '.']);
    const whole = check(archive);
    expect(whole).toEqual({ entries: 9, contentBytes: 5_000 + 27 + 8 });
    expect(check(archive, 700)).toEqual(whole);
    expect(check(archive, 511)).toEqual(whole);
  }
});
