import { dirname } from 'node:path';
import { givenHandlers } from '../../config/given-handlers.js';
import type { CommandParts } from '../command-parts.js';
import { configurationOf, type ConfigurationOptions } from '../configured.js';
import type { PackagedHandler } from '../handlers/select.js';
import { givenActions } from './given-actions.js';

/** The handlers of one virtual host; of none where the command line names modules alone. */
export interface Served {
  readonly virtualHost: string | undefined;
  readonly handlers: readonly PackagedHandler[];
}

/**
 * The handlers of the virtual hosts that the options of a command choose, set up and ended again. With handler modules
 * alone no file is read.
 * @throws UsageError or ConfigurationError as `configurationOf` and a worker's start do.
 */
export async function servedBy(
  options: ConfigurationOptions,
  parts: Pick<CommandParts, 'env' | 'cwd' | 'signal'>,
): Promise<Served[]> {
  const { env, cwd, signal } = parts;
  const { handlers: named, config, vhost, allVhosts, url } = options;
  if (named && config === undefined && !vhost && !allVhosts && url === undefined) {
    const alone = { name: '', exchanges: undefined, allowMissingHandlers: false };
    const handlers = givenHandlers({ handlers: named, env, cwd });
    return [{ virtualHost: undefined, handlers: await givenActions({ ...alone, handlers }, { cwd, signal }) }];
  }
  const { file, virtualHosts } = await configurationOf(options, parts);
  const folder = file === undefined ? undefined : dirname(file);
  const served: Served[] = [];
  for (const virtualHost of virtualHosts) {
    served.push({ virtualHost: virtualHost.name, handlers: await givenActions(virtualHost, { cwd, folder, signal }) });
  }
  return served;
}
