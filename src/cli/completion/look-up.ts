import { dirname } from 'node:path';
import type { VirtualHost } from '../../config/settings.js';
import { knownActions } from '../call/known-actions.js';
import type { CommandParts } from '../command-parts.js';
import { configurationOf, type ConfigurationOptions } from '../configured.js';
import type { Candidate, LookUp, Value } from './words.js';

/** Looks into the configuration that the words name. Whatever is wrong with it, there is nothing to complete then. */
export function createLookUp(parts: Pick<CommandParts, 'env' | 'cwd'>): LookUp {
  const { cwd } = parts;

  return async (what, given) => {
    try {
      const { file, virtualHosts } = await configurationOf(optionsOf(what, given), parts);
      if (what === 'virtual host') return virtualHosts.map(({ name }) => ({ value: name }));
      if (what === 'address') {
        return [...new Set(virtualHosts.flatMap(({ addresses }) => addresses))].map((value) => ({ value }));
      }
      return await actionsOf(virtualHosts, { cwd, folder: file === undefined ? cwd : dirname(file) });
    } catch {
      // Handlers need no broker to be looked into.
      return what === 'action' && !given.has('url') ? createLookUp(parts)(what, new Map([...given, anyUrl])) : [];
    }
  };
}

const anyUrl: readonly [string, readonly string[]] = ['url', ['amqp://localhost']];

function optionsOf(what: Value, given: ReadonlyMap<string, readonly string[]>): ConfigurationOptions {
  const [config, url, handlers] = [given.get('config')?.at(-1), given.get('url')?.at(-1), given.get('handlers')];
  // For a choice between virtual hosts all of them are wanted.
  const vhost = what === 'virtual host' ? undefined : given.get('vhost');
  return {
    ...(handlers && { handlers }),
    ...(url === undefined
      ? { ...(config !== undefined && { config }), ...(vhost ? { vhost } : { allVhosts: true }) }
      : { url }),
  };
}

/** Those with a contract at hand, and those that the configuration lists. */
async function actionsOf(
  virtualHosts: readonly VirtualHost[],
  where: { readonly cwd: string; readonly folder: string },
): Promise<Candidate[]> {
  const summaries = new Map<string, string | undefined>();
  for (const { handlers, exchanges } of virtualHosts) {
    const { byName } = await knownActions(handlers, where);
    for (const name of exchanges?.keys() ?? byName.keys()) summaries.set(name, byName.get(name)?.summary);
  }
  return [...summaries].map(([value, note]) => ({ value, note }));
}
