import { hostname } from 'node:os';
import { mergedBroker, urlOfBroker } from './broker.js';
import { camelled } from './camel.js';
import { amqpKeys, connectionKeys } from './connection-keys.js';
import type { Path } from './places.js';
import { redisOf } from './redis.js';
import {
  limitKeys,
  type ConnectionContent,
  type FileContent,
  type FileHandlers,
  type FileSqs,
  type FileVirtualHost,
} from './schema.js';
import { sqsKeys } from './sqs-keys.js';
import type { ConnectionSettings, ExchangeSettings, HandlerReference, VirtualHost } from './settings.js';

export interface Completion {
  /** The folder of the file. */
  readonly folder: string;
  /** Handlers for virtual hosts that the file gives none. */
  readonly handlers: VirtualHost['handlers'];
  /** `file:line:column` of what stands at `path`. */
  readonly locate: (path: Path) => string;
}

/** The virtual hosts of a file, each with what the file says for all of them. */
export function virtualHostsOf(file: FileContent, parts: Completion): VirtualHost[] {
  if (file.transport === 'sqs') return [sqsHostOf(file, file.sqs ?? {}, parts)];
  const hosts = Object.entries(file.virtual_hosts ?? {});
  return hosts.map(([name, host]) => virtualHostOf(file, name, host ?? {}, parts));
}

/** All that is served of SQS counts as one virtual host. */
function sqsHostOf(file: FileContent, { resources = [], actions, ...own }: FileSqs, parts: Completion): VirtualHost {
  const [queue, ...also] = resources;
  const options = camelled(picked(own, sqsKeys));
  const worker = omitted(own, sqsKeys);
  const host = {
    ...worker,
    ...(queue !== undefined && { queue }),
    also,
    ...(actions !== undefined && { exchanges: actions }),
  };
  return { ...virtualHostOf(file, 'sqs', host, parts), connection: { transport: 'sqs', options } };
}

function virtualHostOf(file: FileContent, name: string, own: FileVirtualHost, parts: Completion): VirtualHost {
  const exchanges = own.exchanges === undefined ? undefined : exchangesOf(own.exchanges ?? {});
  const concurrency = own.max_simultaneous_requests;
  const fernetKeys = own.fernet_keys ?? (typeof own.fernet_key === 'string' ? [own.fernet_key] : []);
  const redis = redisOf(file, own);
  return {
    name,
    connection: connectionOf(file, name, own, exchanges),
    addresses: [own.queue ?? hostname(), ...(own.also ?? [])],
    handlers: own.handlers
      ? handlersOf(own.handlers, ['virtual_hosts', name, 'handlers'], parts)
      : file.handlers
        ? handlersOf(file.handlers, ['handlers'], parts)
        : parts.handlers,
    exchanges,
    allowMissingHandlers: own.allow_missing_handlers ?? false,
    allow: own.allow,
    mock: own.mock ?? file.mock ?? false,
    fernetKeys,
    ...(own.allow_plain_secrets !== undefined && { allowPlainSecrets: own.allow_plain_secrets }),
    ...(own.secret_names && { secretNames: own.secret_names }),
    ...(redis && { redis }),
    limits: { ...(concurrency === undefined ? {} : { concurrency }), ...camelled(picked(own, limitKeys)) },
  };
}

function exchangesOf(content: NonNullable<FileVirtualHost['exchanges']>): ReadonlyMap<string, ExchangeSettings> {
  return new Map(
    Object.entries(content).map(([name, exchange]) => [name, { type: 'direct', ...camelled(exchange ?? {}) }]),
  );
}

function connectionOf(
  file: FileContent,
  name: string,
  own: FileVirtualHost,
  exchanges: ReadonlyMap<string, ExchangeSettings> | undefined,
): ConnectionSettings {
  if (file.transport === 'memory') return { transport: 'memory' };
  const server = file.server ?? {};
  const keys: ConnectionContent = { ...server, ...picked(own, connectionKeys) };
  const options = camelled(picked(keys, amqpKeys));
  const served = [...(exchanges ?? [])].map(([action, { type }]) => [action, type] as const);
  const types = Object.entries({ ...options.exchangeTypes, ...Object.fromEntries(served) });
  const exchangeTypes = Object.fromEntries(types.filter(([, type]) => type !== 'direct'));
  return {
    transport: 'amqp',
    options: {
      url: urlOfBroker(mergedBroker(server, own), name),
      ...(keys.hosts ? { hosts: keys.hosts } : {}),
      ...(keys.tls ? { tls: camelled(keys.tls) } : {}),
      ...options,
      ...(Object.keys(exchangeTypes).length > 0 ? { exchangeTypes } : {}),
    },
  };
}

function handlersOf(content: FileHandlers, path: Path, { folder, locate }: Completion): VirtualHost['handlers'] {
  if (content === 'auto') return 'auto';
  const references = typeof content === 'string' ? [content] : content;
  return references.map((reference, index): HandlerReference => {
    const base = typeof content === 'string' ? path : [...path, index];
    if (typeof reference === 'string')
      return { use: reference, folder, settings: undefined, locate: () => locate(base) };
    const inner = [...base, 'settings'];
    return { use: reference.use, folder, settings: reference.settings, locate: (at = []) => locate([...inner, ...at]) };
  });
}

/** What `source` says under other names than those of `keys`. */
function omitted<T extends object, K extends object>(source: T, keys: K): Omit<T, keyof K> {
  return Object.fromEntries(Object.entries(source).filter(([key]) => !Object.hasOwn(keys, key))) as Omit<T, keyof K>;
}

/** What `source` says under the names of `keys`. */
function picked<T extends object, K extends object>(source: T, keys: K): Pick<T, keyof T & keyof K> {
  return Object.fromEntries(Object.entries(source).filter(([key]) => Object.hasOwn(keys, key))) as Pick<
    T,
    keyof T & keyof K
  >;
}
