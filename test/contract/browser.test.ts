import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contractFiles } from '../../src/contract/files.js';
import { startChromium } from './chromium.js';
import { exampleContract } from './example-actions.js';

let folder: string;
let chromium: Browser | undefined;
beforeAll(async () => {
  chromium = await startChromium();
  folder = await mkdtemp(join(tmpdir(), 'samovar-site-'));
  for (const { path, text } of contractFiles(exampleContract())) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
});
afterAll(async () => {
  await chromium?.close();
  await rm(folder, { recursive: true, force: true });
});

const urlOf = (path: string): string => pathToFileURL(join(folder, path)).href;
const pageOf = (path: string): string => decodeURIComponent(urlOf(path));
const users = 'actions/users~create.many-at_once.html';
const phone = { width: 390, height: 844 };
const desktop = { width: 1280, height: 900 };

/** What the page itself knows of how it looks. */
const look = `({
  overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  ground: getComputedStyle(document.body).backgroundColor,
  isStyled: getComputedStyle(document.body).margin === '0px',
})`;

/** A page, and all that went wrong on it or left it. */
async function watched(context: BrowserContext): Promise<{ page: Page; noticed: string[] }> {
  const page = await context.newPage();
  const noticed: string[] = [];
  page.on('console', (message) => noticed.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => noticed.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => {
    noticed.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(urlOf('')) && !request.url().startsWith('data:')) noticed.push(request.url());
  });
  return { page, noticed };
}

describe.each([
  ['phone', phone, 'light'],
  ['phone', phone, 'dark'],
  ['desktop', desktop, 'light'],
  ['desktop', desktop, 'dark'],
] as const)('on a %s (%o), %s', (_name, viewport, colorScheme) => {
  test('each page shows what it has, fits, asks nobody for anything and complains of nothing', async (context) => {
    if (!chromium) return context.skip('there is no Chromium');
    const browser = await chromium.newContext({ viewport, colorScheme });
    const { page, noticed } = await watched(browser);
    for (const path of ['index.html', 'errors.html', users, 'actions/dx_create_backup.html']) {
      await page.goto(urlOf(path));
      const seen = await page.evaluate<object>(look);
      expect({ path, ...seen }).toEqual({
        path,
        overflow: 0,
        ground: colorScheme === 'dark' ? 'rgb(22, 20, 18)' : 'rgb(251, 250, 248)',
        isStyled: true,
      });
    }
    await page.goto(urlOf(users));
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('users:create.many-at_once');
    expect(await page.getByRole('row').count()).toBeGreaterThan(15);
    for (const name of ['Request', 'Reply', 'Errors', 'Call it']) {
      expect(await page.getByRole('heading', { level: 2, name, exact: true }).isVisible()).toBe(true);
    }
    expect(await page.getByText('Login </td><script>alert(3)</script>.').first().isVisible()).toBe(true);
    const isList = await page.evaluate<boolean>(
      `getComputedStyle(document.querySelector('tbody tr')).display === 'block'`,
    );
    expect(isList).toBe(viewport === phone);
    expect(await page.getByRole('navigation', { name: 'Actions' }).isVisible()).toBe(viewport === desktop);
    expect(noticed).toEqual([]);
    await browser.close();
  });
});

test('a search shows the actions that have all its words, in their names, texts, fields or errors', async (context) => {
  if (!chromium) return context.skip('there is no Chromium');
  const browser = await chromium.newContext({ viewport: phone });
  const { page, noticed } = await watched(browser);
  await page.goto(urlOf('index.html'));
  const cards = page.locator('#cards > li');
  const all = await cards.count();
  await page.keyboard.press('/');
  await page.keyboard.type('BEANS pot');
  await expect.poll(() => cards.filter({ visible: true }).allInnerTexts()).toHaveLength(1);
  expect(await page.getByRole('status').innerText()).toBe(`1 of ${all}`);
  await page.getByRole('searchbox').fill('');
  await expect.poll(() => cards.filter({ visible: true }).count()).toBe(all);
  await page.getByRole('link', { name: 'dx_order_coffee_pot' }).click();
  await expect.poll(() => decodeURIComponent(page.url())).toBe(pageOf('actions/dx_order_coffee_pot.html'));
  await page.getByRole('button', { name: 'Copy' }).first().click();
  await expect.poll(() => page.getByRole('button', { name: /Copied|Selected/ }).count()).toBe(1);
  expect(noticed).toEqual([]);
  await browser.close();
});

test('without JavaScript every page can be read and reached', async (context) => {
  if (!chromium) return context.skip('there is no Chromium');
  const browser = await chromium.newContext({ viewport: desktop, javaScriptEnabled: false });
  const { page, noticed } = await watched(browser);
  await page.goto(urlOf('index.html'));
  expect(await page.getByRole('searchbox').count()).toBe(0);
  await page.locator('#cards').getByRole('link', { name: 'users:create.many-at_once' }).click();
  await expect.poll(() => decodeURIComponent(page.url())).toBe(pageOf(users));
  expect(await page.getByRole('rowheader', { name: 'users[].password', exact: true }).isVisible()).toBe(true);
  expect(await page.getByText('client.call(usersCreateManyAtOnce').isVisible()).toBe(true);
  await page.getByRole('navigation').getByRole('link', { name: 'dx_example' }).click();
  await expect.poll(() => decodeURIComponent(page.url())).toBe(pageOf('actions/dx_example.html'));
  await page.getByRole('link', { name: 'All actions' }).click();
  await expect.poll(() => decodeURIComponent(page.url())).toBe(pageOf('index.html'));
  expect(noticed).toEqual([]);
  await browser.close();
});
