import { defineAction, defineHandler, shared, systemClock, systemRandom, type Handler, type Random } from 'samovar';
import { z } from 'zod';
import type { SiteOptions } from './dx-site-install.js';
import { issueToken } from './login-token.js';
import { noSuchSite, siteField, siteFolder, siteLock } from './sites.js';

export const dxSiteLoginUrl = defineAction({
  name: 'dx_site_login_url',
  summary: 'Makes a URL that logs somebody in to a site, once.',
  request: z.object({
    site: siteField,
    user: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/)
      .default('admin'),
    validSeconds: z.int().min(1).max(3_600).default(300),
  }),
  response: z
    .object({
      url: z.url().describe('A secret: whoever has it is let in. Not for a log.'),
      expiresAt: z.iso.datetime(),
    })
    .meta({
      examples: [{ url: 'https://cms-42.example/login?token=example', expiresAt: '2030-01-01T00:05:00.000Z' }],
    }),
  errors: { no_such_site: noSuchSite },
});

export interface LoginUrlOptions extends SiteOptions {
  /** The address of a site; `{site}` stands for its name. */
  readonly url: string;
  readonly random?: Random;
}

export function handleDxSiteLoginUrl(options: LoginUrlOptions): Handler {
  const { root, url, clock = systemClock, random = systemRandom } = options;
  return defineHandler(dxSiteLoginUrl, {
    // Logins do not exclude each other, but wait for an install.
    locks: ({ site }) => [shared(siteLock(site))],
    timeoutMs: 10_000,
    async run({ site, user, validSeconds }) {
      const folder = await siteFolder(root, site);
      const now = Math.floor(clock.now() / 1_000);
      const expires = now + validSeconds;
      const token = await issueToken(folder, { user, expires, nonce: random.uuid(), now });
      const login = new URL(url.replaceAll('{site}', site));
      login.pathname = `${login.pathname.replace(/\/$/, '')}/login`;
      login.searchParams.set('token', token);
      return { url: login.href, expiresAt: new Date(expires * 1_000).toISOString() };
    },
  });
}
