import { dirname } from 'node:path';
import type { ConnectionSettings, VirtualHost } from '../../config/settings.js';
import type { Action } from '../../core/action.js';
import { ConfigurationError } from '../../config/configuration-error.js';
import { nearMiss } from '../../config/near-miss.js';
import { surveyOf } from '../../secrets/survey.js';
import { wrapSecrets } from '../../secrets/wrap.js';
import type { CommandParts } from '../command-parts.js';
import { configurationOf, type ConfigurationOptions } from '../configured.js';
import { UsageError } from '../failure.js';
import { keysIn } from '../keys/keyring-of.js';
import type { CallFlags } from './flags.js';
import { genericAction } from './generic-action.js';
import { knownActions } from './known-actions.js';
import { shortText } from './printable.js';
import { schemaNotes, type SchemaNotes } from './schema-notes.js';

export interface NamedAction {
  /** The contract where a handler module at hand has it, else one that takes anything. */
  readonly action: Action;
  readonly notes: SchemaNotes;
}

/** Where calls go, and what is known of their actions. */
export interface Target {
  readonly connection: ConnectionSettings;
  readonly virtualHost: VirtualHost;
  /** A request whose secrets print as nothing. @throws ConfigurationError if there is no key to encrypt them with. */
  secretly(action: Action, body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
  /** @throws UsageError if no action can be called that. */
  actionOf(name: string): NamedAction;
  /** What may be wrong with the name; undefined if nothing is. */
  hintFor(name: string): string | undefined;
  /** @throws UsageError if nothing says where to send it. */
  addressOf(action: Action, body: Readonly<Record<string, unknown>>, given: string | undefined): string;
}

/** @throws UsageError, ConfigurationError; a module that only costs the schema is told on standard error. */
export async function targetOf(
  flags: Pick<CallFlags, 'keysFile' | 'replyRoute'> & ConfigurationOptions,
  parts: CommandParts,
): Promise<Target> {
  const { file, virtualHosts } = await configurationOf(flags, parts);
  const [configured, ...others] = virtualHosts;
  if (!configured || others.length > 0)
    throw new UsageError('expected one virtual host for a call; choose it with --vhost');
  const { cwd, terminal } = parts;
  const fernetKeys = flags.keysFile === undefined ? configured.fernetKeys : await keysIn(flags.keysFile, parts);
  const virtualHost = { ...configured, fernetKeys };
  const folder = file === undefined ? cwd : dirname(file);
  const { byName, problems } = await knownActions(virtualHost.handlers, { cwd, folder });
  const [problem] = problems;
  if (problem !== undefined && isGiven(flags)) throw new ConfigurationError(problem);
  for (const each of problems) terminal.writeError(`samovar: ${shortText(each, 500)}; going on without its schemas`);
  const known = new Map([...byName].map(([name, action]) => [name, { action, notes: schemaNotes(action) }]));

  return {
    connection: connectionOf(virtualHost, flags),
    virtualHost,
    secretly(action, body) {
      const { request, reply } = surveyOf(action);
      const [secret] = [...request, ...reply];
      if (secret !== undefined && virtualHost.fernetKeys.length === 0) {
        throw new ConfigurationError(
          `virtual host ${virtualHost.name}: expected fernet_key in the configuration, or --keys-file, since ${action.name} has a secret at ${secret}, got none; give it a key of its worker`,
        );
      }
      return request.length === 0 ? body : (wrapSecrets(action.request, body) as Record<string, unknown>);
    },
    actionOf(name) {
      return known.get(name) ?? unknownAction(name);
    },
    hintFor(name) {
      const meant = known.has(name) ? undefined : nearMiss(name, [...known.keys()]);
      return meant === undefined ? undefined : `no handler module at hand has ${name}; did you mean ${meant}?`;
    },
    addressOf(action, body, given) {
      const { addresses } = virtualHost;
      const own = typeof action.to === 'function' ? action.to(body) : action.to;
      const to = given ?? own ?? (addresses.length === 1 ? addresses[0] : undefined);
      if (to !== undefined && to !== '') return to;
      throw new UsageError(`expected --to with the node address, such as one of ${addresses.join(', ')}`);
    },
  };
}

function isGiven({ handlers }: ConfigurationOptions): boolean {
  return handlers !== undefined && handlers.length > 0;
}

function unknownAction(name: string): NamedAction {
  try {
    const action = genericAction(name);
    return { action, notes: schemaNotes(action) };
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

function connectionOf({ connection }: VirtualHost, { replyRoute }: CallFlags): ConnectionSettings {
  if (connection.transport !== 'amqp' || replyRoute === undefined) return connection;
  return { ...connection, options: { ...connection.options, replyRoute } };
}
