import { mkdir, realpath } from 'node:fs/promises';
import type { Handler, HandlerSetup } from 'samovar';
import { z } from 'zod';
import { handleDxPoolRestart } from './dx-pool-restart.js';
import { handleDxSiteFlushCache } from './dx-site-flush-cache.js';
import { handleDxSiteInstall } from './dx-site-install.js';
import { handleDxSiteLoginUrl } from './dx-site-login-url.js';
import { createPool, type Pool, type PoolSettings } from './pool.js';

export { dxPoolRestart } from './dx-pool-restart.js';
export { dxSiteFlushCache } from './dx-site-flush-cache.js';
export { dxSiteInstall } from './dx-site-install.js';
export { dxSiteLoginUrl } from './dx-site-login-url.js';
export { redeemToken } from './login-token.js';

const poolName = z.string().regex(/^[\w.-]{1,100}$/, 'expected 1 to 100 letters, digits, ".", "_" or "-"');

const pool = z.object({
  command: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('Program and arguments; by default a process that waits. It should end when its standard input does.'),
  readyText: z
    .string()
    .min(1)
    .optional()
    .describe('The process is up once it has written this to its standard output; without it, once it runs.'),
});

/** What a worker that loads this module must and may set. */
export const settings = z.object({
  root: z
    .string()
    .regex(/^\/[^\0]+$/, 'expected an absolute path')
    .describe('Each site is a folder in it. Created when the worker starts.'),
  url: z
    .string()
    .refine(
      (url) => URL.canParse(url.replaceAll('{site}', 'a')),
      'expected a URL, with {site} for the name of the site',
    )
    .default('http://localhost/{site}')
    .describe('The address of a site; {site} stands for its name.'),
  pools: z.record(poolName, pool).default({}).describe('The pools of this node, each a process, by their names.'),
});

export type SiteSettings = z.output<typeof settings>;

/** Starts the pools, and ends them after the last handler. */
export default async function setUp(setup: Omit<HandlerSetup<SiteSettings>, 'client'>): Promise<Handler[]> {
  const { settings: chosen, clock, log, signal, onStop } = setup;
  await mkdir(chosen.root, { recursive: true });
  const root = await realpath(chosen.root);
  const pools = new Map<string, Pool>();
  for (const [name, one] of Object.entries(chosen.pools)) {
    const started = createPool(name, settingsOf(one), { clock, log });
    pools.set(name, started);
    onStop(() => started.stop());
  }
  await Promise.all([...pools].map(([name, one]) => start(name, one, signal)));
  return [
    handleDxSiteInstall({ root, clock }),
    handleDxSiteFlushCache({ root }),
    handleDxSiteLoginUrl({ root, url: chosen.url, clock }),
    handleDxPoolRestart({ pools, clock }),
  ];
}

async function start(name: string, pool: Pool, signal: AbortSignal): Promise<void> {
  try {
    await pool.restart(signal);
  } catch (cause) {
    throw new Error(`pool ${name} did not start; look at its command`, { cause });
  }
}

const idle = `process.stdin.resume().once('end', () => process.exit()); console.log('ready');`;

function settingsOf({ command, readyText }: z.output<typeof pool>): PoolSettings {
  return command ? { command, readyText } : { command: [process.execPath, '-e', idle], readyText: 'ready' };
}
