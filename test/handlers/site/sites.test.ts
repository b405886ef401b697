import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerMiddleware } from 'samovar';
import { dxSiteFlushCache, dxSiteInstall, dxSiteLoginUrl, redeemToken } from 'samovar/handlers/site';
import { expect, test } from 'vitest';
import { openTown } from './town.js';

const version = '6.2.1';

test('an installed site is a folder with its page, its cache, and a secret that only the worker may read', async () => {
  const { client, root } = await openTown();
  const installed = await client.call(dxSiteInstall, { site: 'cms-42', version, title: 'Tea & <b>cake</b>' });
  expect(installed).toMatchObject({ site: 'cms-42', version, wasThere: false });
  const folder = join(root, 'cms-42');
  expect(readdirSync(root)).toEqual(['cms-42']);
  expect(readdirSync(folder).sort()).toEqual(['admin-login.secret', 'cache', 'index.html', 'logins', 'site.json']);
  expect(readFileSync(join(folder, 'index.html'), 'utf8')).toContain('<h1>Tea &#38; &#60;b&#62;cake');
  expect(statSync(join(folder, 'admin-login.secret')).mode & 0o777).toBe(0o600);
  expect(readFileSync(join(folder, 'admin-login.secret'), 'utf8')).toMatch(/^[0-9a-f]{64}\n$/);
});

test('installed again, also at the same time, a site stays as it is', async () => {
  const { client, root } = await openTown();
  const install = () => client.call(dxSiteInstall, { site: 'cms', version });
  const [first, second] = await Promise.all([install(), install()]);
  expect(second).toEqual({ ...first, wasThere: true });
  const secret = readFileSync(join(root, 'cms/admin-login.secret'), 'utf8');
  expect(await install()).toEqual(second);
  expect(readFileSync(join(root, 'cms/admin-login.secret'), 'utf8')).toBe(secret);
});

test('a site is not installed over another version, nor over what is no site', async () => {
  const { client, root } = await openTown();
  await client.call(dxSiteInstall, { site: 'cms', version });
  const other = client.call(dxSiteInstall, { site: 'cms', version: '7' });
  const data = { site: 'cms', installed: version };
  await expect(other).rejects.toMatchObject({ declared: { name: 'other_version', data } });
  mkdirSync(join(root, 'mine'));
  symlinkSync('cms', join(root, 'alias'));
  for (const site of ['mine', 'alias']) {
    const call = client.call(dxSiteInstall, { site, version });
    await expect(call).rejects.toMatchObject({ declared: { name: 'occupied', data: { site } } });
    const flush = client.call(dxSiteFlushCache, { site });
    await expect(flush).rejects.toMatchObject({ declared: { name: 'no_such_site' } });
  }
});

test.each(['..', '.', 'a/b', '../a', '-a', 'A', 'a.b', '', 'a\n', 'a'.repeat(64)])('%j is no site', async (site) => {
  const { client, root } = await openTown();
  for (const call of [
    client.call(dxSiteInstall, { site, version }),
    client.call(dxSiteFlushCache, { site }),
    client.call(dxSiteLoginUrl, { site }),
  ]) {
    await expect(call).rejects.toMatchObject({ code: 'invalid_request' });
  }
  expect(readdirSync(root)).toEqual([]);
});

test('install and flush of one site exclude each other, while other sites go on', async () => {
  let go = (): void => undefined;
  const gate = new Promise<void>((resolve) => (go = resolve));
  // Inside the locks: an install of this site takes until the gate is open.
  const slow: ServerMiddleware = (next) => async (call) => {
    const { site } = call.request as { site: string };
    if (site === 'slow' && call.action === 'dx_site_install') await gate;
    return next(call);
  };
  const { client, stages } = await openTown({ middleware: [slow] });
  const install = client.call(dxSiteInstall, { site: 'slow', version });
  const flush = client.call(dxSiteFlushCache, { site: 'slow' });
  await client.call(dxSiteInstall, { site: 'other', version });
  expect(await client.call(dxSiteFlushCache, { site: 'other' })).toEqual({ files: 0, bytes: 0 });
  // That one is through, and has come later: the first flush waits.
  expect(stages.filter((stage) => stage === 'dx_site_flush_cache started')).toHaveLength(1);
  go();
  expect(await install).toMatchObject({ wasThere: false });
  // Before the install there was nothing to flush.
  expect(await flush).toEqual({ files: 0, bytes: 0 });
});

test('a flush tells how much it removed, and removes links without following them', async () => {
  const { client, root } = await openTown();
  await client.call(dxSiteInstall, { site: 'cms', version });
  const cache = join(root, 'cms/cache');
  mkdirSync(join(cache, 'a/b'), { recursive: true });
  writeFileSync(join(cache, 'one'), 'x'.repeat(10));
  writeFileSync(join(cache, 'a/b/two'), 'x'.repeat(20));
  symlinkSync(join(root, 'cms'), join(cache, 'a/out'));
  const { mode, ino } = statSync(cache);
  expect(await client.call(dxSiteFlushCache, { site: 'cms' })).toMatchObject({ files: 3 });
  expect(readdirSync(cache)).toEqual([]);
  expect(statSync(cache).mode).toBe(mode);
  expect(statSync(cache).ino).not.toBe(ino);
  expect(readFileSync(join(root, 'cms/index.html'), 'utf8')).toContain('<h1>');
  expect(readdirSync(root)).toEqual(['cms']);
});

test('a cache that is a link out of the site is not flushed', async () => {
  const { client, root } = await openTown();
  await client.call(dxSiteInstall, { site: 'one', version });
  await client.call(dxSiteInstall, { site: 'two', version });
  writeFileSync(join(root, 'two/cache/page'), '');
  renameSync(join(root, 'one/cache'), join(root, 'one/was'));
  symlinkSync('../two/cache', join(root, 'one/cache'));
  await expect(client.call(dxSiteFlushCache, { site: 'one' })).rejects.toMatchObject({ code: 'internal' });
  expect(readdirSync(join(root, 'two/cache'))).toEqual(['page']);
});

test('what a killed process left of a site is removed by the next one', async () => {
  const { client, root } = await openTown();
  mkdirSync(join(root, '.cms.abc123/site'), { recursive: true });
  mkdirSync(join(root, '.other.abc123'));
  await client.call(dxSiteInstall, { site: 'cms', version });
  expect(readdirSync(root).sort()).toEqual(['.other.abc123', 'cms']);
});

test('a login URL lets its user in once', async () => {
  const { client, root, clock } = await openTown({ url: 'https://{site}.example/app/' });
  await client.call(dxSiteInstall, { site: 'cms', version });
  const { url, expiresAt } = await client.call(dxSiteLoginUrl, { site: 'cms', user: 'ada@example' });
  expect(url).toMatch(/^https:\/\/cms\.example\/app\/login\?token=/);
  expect(Date.parse(expiresAt) - clock.now()).toBe(300_000);
  const token = new URL(url).searchParams.get('token') ?? '';
  const now = clock.now() / 1_000;
  expect(await redeemToken(join(root, 'cms'), token, now)).toBe('ada@example');
  expect(await redeemToken(join(root, 'cms'), token, now)).toBeUndefined();
});

test('a login URL ends with its time, and is good for no other user and no other site', async () => {
  const { client, root, clock } = await openTown();
  await client.call(dxSiteInstall, { site: 'one', version });
  await client.call(dxSiteInstall, { site: 'two', version });
  const folder = join(root, 'one');
  const ask = async () => {
    const { url } = await client.call(dxSiteLoginUrl, { site: 'one', validSeconds: 60 });
    return new URL(url).searchParams.get('token') ?? '';
  };
  const token = await ask();
  const now = clock.now() / 1_000;
  const forged = token.replace(/^[^.]+/, Buffer.from('root').toString('base64url'));
  const longer = token.replace(/\.\d+\./, `.${now + 9_999}.`);
  for (const wrong of [forged, longer, `${token}x`, '', '../..', token.slice(1)]) {
    expect(await redeemToken(folder, wrong, now)).toBeUndefined();
  }
  expect(await redeemToken(join(root, 'two'), token, now)).toBeUndefined();
  expect(await redeemToken(folder, token, now + 60)).toBeUndefined();
  expect(await redeemToken(folder, token, now + 59)).toBe('admin');

  await ask();
  clock.jump(61_000);
  await ask();
  // What has expired does not pile up.
  expect(readdirSync(join(folder, 'logins'))).toHaveLength(1);
});

test('no log has the URL of a login, its token or the secret', async () => {
  const { client, root, logged } = await openTown();
  await client.call(dxSiteInstall, { site: 'cms', version });
  const { url } = await client.call(dxSiteLoginUrl, { site: 'cms' });
  const secret = readFileSync(join(root, 'cms/admin-login.secret'), 'utf8').trim();
  const token = new URL(url).searchParams.get('token') ?? '';
  for (const hidden of [secret, token]) expect(logged.join('\n')).not.toContain(hidden);
});

test('it says so when there is no such site', async () => {
  const { client } = await openTown();
  for (const call of [client.call(dxSiteFlushCache, { site: 'none' }), client.call(dxSiteLoginUrl, { site: 'none' })]) {
    await expect(call).rejects.toMatchObject({ declared: { name: 'no_such_site', data: { site: 'none' } } });
  }
});
