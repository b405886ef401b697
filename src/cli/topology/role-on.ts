import { ConfigurationError } from '../../config/configuration-error.js';
import type { AmqpConnectionOptions, VirtualHost } from '../../config/settings.js';
import { importAmqp } from '../open-transport.js';

export const roleNames = ['worker', 'caller', 'both', 'operator'] as const;

export interface RoleChoice {
  readonly for?: (typeof roleNames)[number];
  readonly replyRoute?: 'default' | 'request-exchange';
  readonly inbox?: 'durable' | 'exclusive';
  readonly user?: string;
}

/** What one user declares, and may do, on one virtual host. */
export type Role = Awaited<ReturnType<typeof roleOn>>;

/** Stands for a user that nobody has named; quoted in a command, it is nobody's. */
const nobody = '<user>';

export async function roleOn(virtualHost: VirtualHost, actions: readonly string[], choice: RoleChoice) {
  const { name, connection, addresses } = virtualHost;
  if (connection.transport !== 'amqp') {
    throw new ConfigurationError(`expected a virtual host of RabbitMQ, got the ${connection.transport} transport`);
  }
  const { topologyOf } = await importAmqp();
  const { options } = connection;
  const role = choice.for ?? 'worker';
  const configuredRoute = typeof options.replyRoute === 'string' ? options.replyRoute : undefined;
  // Through an exchange of these types each reply would go to each worker, too.
  const reachesAll = actions.some((action) =>
    ['fanout', 'headers'].includes(options.exchangeTypes?.[action] ?? 'direct'),
  );
  const replyRoute = choice.replyRoute ?? configuredRoute ?? (reachesAll ? 'default' : 'request-exchange');
  const inbox = choice.inbox ?? options.inbox ?? 'durable';
  const { declares, permissions } = topologyOf({ ...options, inbox, addresses, actions, replyRoute })[role];
  // A configuration is a worker's: to give its user the rights of a caller would take away its own.
  const user = choice.user ?? (role === 'caller' ? nobody : userOf(options));
  const { configure, write, read } = permissions;
  const words = ['rabbitmqctl', 'set_permissions', '-p', name, user];
  return {
    virtualHost: name,
    role,
    user,
    addresses,
    actions,
    replyRoute,
    declares,
    permissions,
    command: [...words.map(shellWord), ...[configure, write, read].map(quoted)].join(' '),
  };
}

function userOf({ url, authentication }: AmqpConnectionOptions): string {
  if (authentication === 'external') return nobody;
  const { username, password } = new URL(url);
  return username === '' && password === '' ? 'guest' : decodeURIComponent(username);
}

function shellWord(word: string): string {
  return /^[\w./:@-]+$/.test(word) ? word : quoted(word);
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
