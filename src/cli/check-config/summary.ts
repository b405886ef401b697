import { redisPlace } from '../../config/redis.js';
import type { Configuration, ConnectionSettings, ExchangeSettings, VirtualHost } from '../../config/settings.js';
import type { Paint } from '../terminal.js';
import type { GivenActions } from './set-up-once.js';

/** What would be served, without a secret in it. */
export interface Summary {
  readonly ok: true;
  readonly file: string | undefined;
  readonly logLevel: string;
  readonly virtualHosts: readonly HostSummary[];
  readonly warnings: readonly string[];
}

interface HostSummary {
  readonly name: string;
  /** The broker and the user, such as `amqp://worker@localhost:5672`, or which SQS, or `memory`. */
  readonly broker: string;
  readonly addresses: readonly string[];
  readonly mock: boolean;
  readonly fernetKeys: number;
  /** Where its locks and answers are, if not within the process: such as `redis://localhost:6379, namespace samovar`. */
  readonly redis?: string;
  readonly allow: readonly string[] | undefined;
  readonly limits: VirtualHost['limits'];
  readonly actions: readonly (Partial<ExchangeSettings> & { readonly name: string; readonly from?: string })[];
}

/** `actions`: what the handler modules give, if they were loaded. */
export function summaryOf(configuration: Configuration, actions: GivenActions | undefined): Summary {
  const { file, logLevel, virtualHosts, warnings } = configuration;
  return { ok: true, file, logLevel, virtualHosts: virtualHosts.map(hostSummary), warnings };

  function hostSummary({ name, connection, exchanges, fernetKeys, redis, ...host }: VirtualHost): HostSummary {
    const given = actions?.get(name) ?? [...(exchanges?.keys() ?? [])].map((action) => ({ name: action }));
    return {
      name,
      broker: brokerOf(connection),
      addresses: host.addresses,
      mock: host.mock,
      fernetKeys: fernetKeys.length,
      ...(redis && { redis: redisPlace(redis) }),
      allow: host.allow,
      limits: host.limits,
      actions: given.map((action) => ({ ...action, ...exchanges?.get(action.name) })),
    };
  }
}

export function summaryLines({ file, virtualHosts }: Summary, paint: Paint): string[] {
  return [
    ...(file === undefined ? [] : [`${paint('green', '✓')} ${file}`]),
    ...virtualHosts.flatMap((host) => [
      `${paint('bold', host.name)} at ${host.broker}, as ${host.addresses.join(', ')}${detailsOf(host)}`,
      ...host.actions.map(({ name, from, ...own }) => {
        const origin = from === undefined ? '' : paint('dim', `  from ${from}`);
        return `  ${name}${origin}${settingsText(own)}`;
      }),
      ...(host.actions.length === 0 ? ['  every action there is a handler for'] : []),
    ]),
  ];
}

function detailsOf({ mock, fernetKeys, redis, allow, limits }: HostSummary): string {
  return settingsText({
    ...(mock ? { mock } : {}),
    ...(fernetKeys > 0 ? { fernetKeys } : {}),
    ...(redis === undefined ? {} : { redis }),
    ...(allow ? { allow } : {}),
    ...limits,
  });
}

function settingsText(settings: object): string {
  return Object.entries(settings)
    .filter(([key, value]) => !(key === 'type' && value === 'direct'))
    .map(([key, value]) => `, ${key} ${Array.isArray(value) ? value.join(' ') : String(value)}`)
    .join('');
}

function brokerOf(connection: ConnectionSettings): string {
  if (connection.transport === 'memory') return 'memory';
  if (connection.transport === 'sqs') {
    const { endpoint, region, prefix = 'samovar-' } = connection.options;
    return `SQS${region === undefined ? '' : ` in ${region}`}${endpoint === undefined ? '' : ` at ${endpoint}`}, queues ${prefix}*`;
  }
  const { protocol, username, host } = new URL(connection.options.url);
  const places = [host, ...(connection.options.hosts ?? [])].join(',');
  return `${protocol}//${username === '' ? '' : `${username}@`}${places}`;
}
