import type { VirtualHost } from '../../config/settings.js';
import type { Authorize } from '../../middleware/authorize.js';

/** How a pattern names callers that the broker vouches for no identity of. */
const anonymous = 'anonymous';

/** Who may have what done, as `allow` of exchanges and virtual host say; undefined: whoever the broker lets in. */
export function authorizeBy({ allow, exchanges }: Pick<VirtualHost, 'allow' | 'exchanges'>): Authorize | undefined {
  const byAction = new Map(
    [...(exchanges ?? [])].flatMap(([action, own]) => (own.allow ? [[action, testOf(own.allow)] as const] : [])),
  );
  if (!allow && byAction.size === 0) return undefined;
  const otherwise = allow ? testOf(allow) : () => true;
  return ({ caller, action }) => (byAction.get(action) ?? otherwise)(caller);
}

/** `*` stands for any text, but not for no identity; only `anonymous` does, and it stands for no user of that name. */
function testOf(patterns: readonly string[]): (caller: string | undefined) => boolean {
  const admitsNameless = patterns.includes(anonymous);
  const expressions = patterns
    .filter((pattern) => pattern !== anonymous)
    .map((pattern) => new RegExp(`^${pattern.split('*').map(literally).join('.*')}$`, 's'));
  return (caller) =>
    caller === undefined ? admitsNameless : expressions.some((expression) => expression.test(caller));
}

function literally(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}
