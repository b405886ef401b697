import { createHmac, timingSafeEqual } from 'node:crypto';
import { readdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from './sites.js';

export const secretFile = 'admin-login.secret';

/** `<user>.<expires>.<nonce>.<signature>`: the user in base64url, the time in epoch seconds. */
const tokenPattern = /^([\w-]{1,200})\.(\d{1,12})\.([\w-]{1,64})\.([\w-]{43})$/;

/** Issues a token that opens the site once, until `expires` (epoch seconds). */
export async function issueToken(
  folder: string,
  { user, expires, nonce, now }: { user: string; expires: number; nonce: string; now: number },
): Promise<string> {
  await removeExpired(folder, now);
  // The ticket: it goes with the first use.
  await writeFile(join(folder, 'logins', `${expires}.${nonce}`), '', { flag: 'wx', mode: 0o600 });
  const claim = `${Buffer.from(user).toString('base64url')}.${expires}.${nonce}`;
  return `${claim}.${(await signature(folder, claim)).toString('base64url')}`;
}

/**
 * What the login page of a site does with the token of a URL: the user, once; undefined for a token that is not the
 * site's, has expired or was used. `now` in epoch seconds.
 */
export async function redeemToken(folder: string, token: string, now: number): Promise<string | undefined> {
  const [, user, expires, nonce, signed] = tokenPattern.exec(token) ?? [];
  if (user === undefined || expires === undefined || nonce === undefined || signed === undefined) return undefined;
  const expected = await signature(folder, `${user}.${expires}.${nonce}`);
  if (!timingSafeEqual(Buffer.from(signed, 'base64url'), expected) || Number(expires) <= now) return undefined;
  try {
    await unlink(join(folder, 'logins', `${expires}.${nonce}`));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  return Buffer.from(user, 'base64url').toString();
}

async function signature(folder: string, claim: string): Promise<Buffer> {
  const secret = (await readFile(join(folder, secretFile), 'utf8')).trim();
  return createHmac('sha256', Buffer.from(secret, 'hex')).update(claim).digest();
}

async function removeExpired(folder: string, now: number): Promise<void> {
  for (const name of await readdir(join(folder, 'logins'))) {
    if (Number(name.split('.')[0]) > now) continue;
    // Used or removed at the same moment: gone, as it should be.
    await unlink(join(folder, 'logins', name)).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
  }
}
