import { execFile } from 'node:child_process';
import { lstat, mkdtemp, open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { failed } from 'samovar';
import { z } from 'zod';

export const siteField = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'expected 1 to 63 small letters, digits or "-"')
  .describe('Names the site.')
  .meta({ examples: ['cms-42'] });

/** What is known about an installed site; kept as `site.json` in its folder. */
const siteRecord = z.object({ site: siteField, version: z.string(), installedAt: z.iso.datetime() });
export type SiteRecord = z.output<typeof siteRecord>;

export const noSuchSite = z.object({ site: z.string() });

/** One name for all that touches a site, whatever the action. */
export const siteLock = (site: string): string => `site:${site}`;

/** The site that is installed there; `'foreign'` for a folder that is none. */
export async function findSite(root: string, site: string): Promise<SiteRecord | 'none' | 'foreign'> {
  const folder = join(root, site);
  try {
    if (!(await lstat(folder)).isDirectory()) return 'foreign';
  } catch (error) {
    if (isMissing(error)) return 'none';
    throw error;
  }
  try {
    const found = siteRecord.safeParse(JSON.parse(await readFile(join(folder, 'site.json'), 'utf8')));
    return found.success ? found.data : 'foreign';
  } catch (error) {
    if (isMissing(error) || error instanceof SyntaxError) return 'foreign';
    throw error;
  }
}

/** The folder of a site that is installed. @throws the declared error `no_such_site`. */
export async function siteFolder(root: string, site: string): Promise<string> {
  if (typeof (await findSite(root, site)) === 'string') throw failed('no_such_site', { site });
  return join(root, site);
}

/**
 * Runs `work` with a new folder beside that of the site, and removes it afterwards; also what killed processes have
 * left there. Only for the holder of the site's lock.
 */
export async function besideSite<T>(root: string, site: string, work: (folder: string) => Promise<T>): Promise<T> {
  // No site has a "." in its name.
  const prefix = `.${site}.`;
  for (const name of await readdir(root)) {
    if (name.startsWith(prefix)) await remove(join(root, name));
  }
  const folder = await mkdtemp(join(root, prefix));
  try {
    return await work(folder);
  } finally {
    await remove(folder);
  }
}

/**
 * Not by Node itself: that holds up the event loop for each of a million files, and a site could lead it out by a
 * symbolic link in the place of a folder that it has just looked at.
 */
async function remove(folder: string): Promise<void> {
  await promisify(execFile)('rm', ['-rf', '--', folder]);
}

export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
