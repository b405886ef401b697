import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { moduleOf, temporaryFolder, type Folder } from '../cli/handlers/packages.js';
import { runCommand } from '../cli/run-command.js';
import { runSamovar } from '../support/samovar-process.js';

const build = (folder: Folder, ...args: string[]) =>
  runCommand(['contract', 'build', '--out', 'site', ...args], { cwd: folder.path });

async function filesOf(folder: Folder): Promise<string[]> {
  const entries = await readdir(join(folder.path, 'site'), { withFileTypes: true, recursive: true });
  return entries.map((entry) => join(entry.parentPath, entry.name).slice(join(folder.path, 'site/').length)).sort();
}

const built = (...actions: string[]) =>
  [
    ...['.samovar-contract.json', 'actions', 'asyncapi.yaml', 'errors.html', 'index.html', 'schemas'],
    ...actions.flatMap((name) => [
      `actions/${name}.html`,
      ...['', '/request.json', '/response.json'].map((part) => `schemas/${name}${part}`),
    ]),
  ].sort();

test('samovar contract build writes the contract of the handlers', async () => {
  const folder = await temporaryFolder();
  await folder.write({ 'cups.mjs': moduleOf('cup', 'saucer') });
  const first = await build(folder, '--handlers', './cups.mjs', '--title', 'Cups', '--contract-version', '2.1.0');
  expect(first).toEqual({ code: 0, lines: ['Cups 2.1.0: 2 actions in site'], errors: [] });
  expect(await filesOf(folder)).toEqual(built('cup', 'saucer'));
});

test('a contract is called like the package of its handlers', async () => {
  const folder = await temporaryFolder();
  await folder.write({
    'node_modules/cups/package.json': { name: 'cups', version: '3.2.1', type: 'module', exports: './index.js' },
    'node_modules/cups/index.js': moduleOf('cup'),
  });
  expect((await build(folder, '--handlers', 'cups')).lines).toEqual(['cups 3.2.1: 1 action in site']);
  expect(await folder.read('site/actions/cup.html')).toContain('cups 3.2.1');
});

test('the pages of actions that are gone are removed, the others replaced', async () => {
  const folder = await temporaryFolder();
  await folder.write({ 'cups.mjs': moduleOf('cup', 'saucer'), 'pots.mjs': moduleOf('cup', 'pot') });
  await build(folder, '--handlers', './cups.mjs');
  await folder.write({ 'site/index.html': 'changed by hand' });
  const { lines } = await build(folder, '--handlers', './pots.mjs');
  expect(lines).toEqual([
    'removed actions/saucer.html',
    'removed schemas/saucer/request.json',
    'removed schemas/saucer/response.json',
    'Samovar actions 0.0.0: 2 actions in site',
  ]);
  expect(await filesOf(folder)).toEqual(built('cup', 'pot'));
  expect(await folder.read('site/index.html')).toContain('pot');
});

test('files of others are neither written over nor removed, unless --force says that they may stay', async () => {
  const folder = await temporaryFolder();
  await folder.write({ 'cups.mjs': moduleOf('cup'), 'site/notes.txt': 'mine', 'site/deep/index.html': 'mine' });
  await expect(build(folder, '--handlers', './cups.mjs')).rejects.toThrow(
    /^expected .*\/site to be empty or an earlier build, got files of others: deep\/index\.html, notes\.txt; choose another --out, or keep them with --force$/,
  );
  expect(await filesOf(folder)).toEqual(['deep', 'deep/index.html', 'notes.txt']);
  expect((await build(folder, '--handlers', './cups.mjs', '--force')).code).toBe(0);
  expect(await folder.read('site/notes.txt')).toBe('mine');
  expect(await folder.read('site/deep/index.html')).toBe('mine');
});

test('a list that names files of others takes none of them away', async () => {
  const folder = await temporaryFolder();
  await folder.write({
    'cups.mjs': moduleOf('cup'),
    'precious.txt': 'mine',
    'site/.samovar-contract.json': JSON.stringify(['../precious.txt', 'link/precious.txt']),
    'elsewhere/precious.txt': 'mine',
  });
  await folder.link(join(folder.path, 'elsewhere'), 'site/link');
  await build(folder, '--handlers', './cups.mjs', '--force');
  expect(await folder.read('precious.txt')).toBe('mine');
  expect(await folder.read('elsewhere/precious.txt')).toBe('mine');
});

test('an --out that is no folder is refused', async () => {
  const folder = await temporaryFolder();
  await folder.write({ 'cups.mjs': moduleOf('cup'), site: 'a file' });
  await expect(build(folder, '--handlers', './cups.mjs')).rejects.toThrow(
    /^expected --out to be a folder that can be read, got .*\/site \(ENOTDIR\)$/,
  );
});

test('an --out that cannot be written is refused', async () => {
  const folder = await temporaryFolder();
  await folder.write({ 'cups.mjs': moduleOf('cup') });
  await folder.link(join(folder.path, 'gone'), 'site');
  await expect(build(folder, '--handlers', './cups.mjs')).rejects.toThrow(
    /^expected --out to be a folder that can be written, got .*\/site \(ENOENT\)$/,
  );
});

test('an action whose request has no example is told about', async () => {
  const folder = await temporaryFolder();
  await folder.write({
    'odd.mjs': `import { z } from 'zod';
      const request = z.object({ word: z.string().refine((word) => word === 'please') });
      export default [{ action: { name: 'ask', summary: 'Asks.', request, response: z.null(), errors: {} }, run: () => null }];`,
  });
  expect((await build(folder, '--handlers', './odd.mjs')).errors).toEqual([
    'samovar: no example was found that the request of ask accepts; give it one: .meta({ examples: [...] })',
  ]);
});

/** The path as it is, and with a `Host` of its own: fetch sends neither. */
async function get(url: string, path: string, options: { method?: string; host?: string } = {}) {
  const { hostname, port } = new URL(url);
  const { method = 'GET', host = `${hostname}:${port}` } = options;
  const sent = httpRequest({ hostname, port, path, method, headers: { host } }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
  return { status: response.statusCode, headers: response.headers, text };
}

test('samovar contract serve shows the same on 127.0.0.1, with strict headers, until it is interrupted', async () => {
  const folder = await temporaryFolder();
  await folder.write({ 'cups.mjs': moduleOf('cup') });
  const run = runSamovar(['contract', 'serve', '--handlers', './cups.mjs', '--port', '0'], { cwd: folder.path });
  const url = await run.waitForLine(/^http:\/\/127\.0\.0\.1:\d+\/$/);
  await build(folder, '--handlers', './cups.mjs');
  const index = await get(url, '/');
  expect(index).toMatchObject({
    status: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': expect.stringMatching(/^default-src 'none'; .*frame-ancestors 'none'$/) as string,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    },
  });
  for (const path of ['index.html', 'actions/cup.html', 'asyncapi.yaml', 'schemas/cup/request.json']) {
    expect((await get(url, `/${path}?q`)).text).toBe(await folder.read(`site/${path}`));
  }
  expect(await get(url, '/', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
  expect(await get(url, '/', { method: 'POST' })).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
  for (const path of ['/nothing', '/../package.json', '/%2e%2e/package.json', '/constructor', '//etc/passwd']) {
    expect(await get(url, path)).toMatchObject({ status: 404, headers: { 'x-content-type-options': 'nosniff' } });
  }
  expect(await get(url, '/', { host: 'evil.example' })).toMatchObject({ status: 421 });

  const other = runSamovar(['contract', 'serve', '--handlers', './cups.mjs', '--port', new URL(url).port], {
    cwd: folder.path,
  });
  expect((await other.exited).code).toBe(64);
  expect(other.stderr).toContain('expected --port to be one that is free on 127.0.0.1');

  run.kill('SIGINT');
  expect(await run.exited).toEqual({ code: 130, signal: null });
});
