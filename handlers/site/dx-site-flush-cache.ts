import { chmod, chown, lstat, mkdir, opendir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { defineAction, defineHandler, exclusive, type Handler } from 'samovar';
import { z } from 'zod';
import type { SiteOptions } from './dx-site-install.js';
import { besideSite, isMissing, noSuchSite, siteField, siteFolder, siteLock } from './sites.js';

export const dxSiteFlushCache = defineAction({
  name: 'dx_site_flush_cache',
  summary: 'Empties the cache of a site.',
  request: z.object({ site: siteField }),
  response: z
    .object({ files: z.int().nonnegative(), bytes: z.int().nonnegative() })
    .describe('What was removed.')
    .meta({ examples: [{ files: 1_204, bytes: 31_457_280 }] }),
  errors: { no_such_site: noSuchSite },
});

/**
 * An empty folder takes the cache's place at once, and the old one is removed where the site cannot reach it. A link in
 * a cache is removed, never followed.
 */
export function handleDxSiteFlushCache({ root }: Pick<SiteOptions, 'root'>): Handler {
  return defineHandler(dxSiteFlushCache, {
    locks: ({ site }) => [exclusive(siteLock(site))],
    // Removing a large cache takes a while.
    timeoutMs: 5 * 60_000,
    async run({ site }, { signal }) {
      const cache = join(await siteFolder(root, site), 'cache');
      return besideSite(root, site, async (work) => {
        const old = join(work, 'old');
        const fresh = join(work, 'fresh');
        const { mode, uid, gid } = await folderAt(cache);
        await mkdir(fresh);
        await chmod(fresh, mode & 0o7777);
        await chown(fresh, uid, gid);
        await rename(cache, old);
        await rename(fresh, cache);
        return count(old, signal);
      });
    },
  });
}

async function folderAt(path: string) {
  const found = await lstat(path);
  if (!found.isDirectory()) throw new Error(`expected ${path} to be a folder; put one there`);
  return found;
}

async function count(folder: string, signal: AbortSignal): Promise<{ files: number; bytes: number }> {
  let [files, bytes] = [0, 0];
  for await (const entry of await opendir(folder)) {
    signal.throwIfAborted();
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      const below = await count(path, signal);
      files += below.files;
      bytes += below.bytes;
    } else {
      // A program that still has the old cache open may remove its files.
      const found = await lstat(path).catch((error: unknown) => {
        if (!isMissing(error)) throw error;
      });
      if (!found) continue;
      files += 1;
      bytes += found.size;
    }
  }
  return { files, bytes };
}
