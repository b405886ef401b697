import { generateKeySync } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineAction, defineHandler, exclusive, failed, systemClock, type Clock, type Handler } from 'samovar';
import { z } from 'zod';
import { secretFile } from './login-token.js';
import { besideSite, findSite, siteField, siteLock, syncFolder } from './sites.js';

export const dxSiteInstall = defineAction({
  name: 'dx_site_install',
  summary: 'Installs a site: its folder, its first page, and the secret that its logins are signed with.',
  request: z.object({
    site: siteField,
    version: z
      .string()
      .regex(/^\d{1,5}(\.\d{1,5}){0,3}$/, 'expected one to four numbers, such as 6.2.1')
      .meta({ examples: ['6.2.1'] }),
    title: z.string().min(1).max(200).default('A new site'),
  }),
  response: z
    .object({
      site: siteField,
      version: z.string(),
      installedAt: z.iso.datetime(),
      wasThere: z.boolean().describe('Whether this version had been installed before: then nothing was done.'),
    })
    .meta({
      examples: [{ site: 'cms-42', version: '6.2.1', installedAt: '2030-01-01T00:00:00.000Z', wasThere: false }],
    }),
  errors: {
    other_version: z.object({ site: z.string(), installed: z.string() }),
    /** Something has the name that is no site of ours. */
    occupied: z.object({ site: z.string() }),
  },
});

export interface SiteOptions {
  /** Each site is a folder in it. */
  readonly root: string;
  readonly clock?: Clock;
}

/** The site appears as a whole, by one rename. Installed again in the same version, it stays as it is. */
export function handleDxSiteInstall({ root, clock = systemClock }: SiteOptions): Handler {
  return defineHandler(dxSiteInstall, {
    locks: ({ site }) => [exclusive(siteLock(site))],
    async run({ site, version, title }, { signal }) {
      const found = await findSite(root, site);
      if (found === 'foreign') throw failed('occupied', { site });
      if (found !== 'none') {
        if (found.version !== version) throw failed('other_version', { site, installed: found.version });
        return { ...found, wasThere: true };
      }
      const record = { site, version, installedAt: new Date(clock.now()).toISOString() };
      return besideSite(root, site, async (work) => {
        const draft = join(work, 'site');
        const secret = generateKeySync('hmac', { length: 256 }).export().toString('hex');
        await mkdir(join(draft, 'cache'), { recursive: true });
        await mkdir(join(draft, 'logins'), { mode: 0o700 });
        await write(draft, 'index.html', pageOf(title));
        await write(draft, 'site.json', `${JSON.stringify(record)}\n`);
        await write(draft, secretFile, `${secret}\n`, 0o600);
        await syncFolder(draft);
        signal.throwIfAborted();
        await rename(draft, join(root, site));
        await syncFolder(root);
        return { ...record, wasThere: false };
      });
    },
  });
}

function write(folder: string, name: string, text: string, mode = 0o644): Promise<void> {
  return writeFile(join(folder, name), text, { flag: 'wx', mode, flush: true });
}

function pageOf(title: string): string {
  const text = title.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
  return `<!doctype html>\n<meta charset="utf-8">\n<title>${text}</title>\n<h1>${text}</h1>\n`;
}
