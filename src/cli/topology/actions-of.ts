import { dirname } from 'node:path';
import type { Configuration, VirtualHost } from '../../config/settings.js';
import { givenActions } from '../actions/given-actions.js';
import type { CommandParts } from '../command-parts.js';

/** The actions that a worker answers on a virtual host: those that the file lists, or else those of its handler modules. */
export async function actionsOf(
  virtualHost: VirtualHost,
  { file }: Pick<Configuration, 'file'>,
  { cwd }: Pick<CommandParts, 'cwd'>,
): Promise<readonly string[]> {
  const { exchanges, allowMissingHandlers } = virtualHost;
  if (exchanges && !allowMissingHandlers) return [...exchanges.keys()];
  const folder = file === undefined ? undefined : dirname(file);
  return (await givenActions(virtualHost, { cwd, folder })).map(({ handler }) => handler.action.name);
}
