import { systemClock, type Clock } from '../../src/core/clock.js';
import { silentLog, type Logger } from '../../src/core/log.js';
import { systemRandom, type Random } from '../../src/core/random.js';
import { parseEndpoints, type Endpoint } from './endpoints.js';
import { patternTest } from './reply-address.js';

/** 'default': replies go straight to the caller's queue. 'request-exchange': through the request's own exchange. */
export type ReplyRoute = 'default' | 'request-exchange';
export type ExchangeType = 'direct' | 'fanout' | 'topic' | 'headers';

export interface AmqpTlsOptions {
  /** Certificates (PEM) of the authorities that may vouch for the broker; the system's by default. */
  readonly ca?: string | Buffer | readonly (string | Buffer)[];
  /** The client's certificate and key (PEM), where the broker asks for them. */
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly passphrase?: string;
  /** The name the broker's certificate must carry; the host of the URL by default. */
  readonly servername?: string;
  /** Takes any certificate from a broker on this machine. Has no effect on any other: those are always verified. */
  readonly acceptUnverifiedOnLoopback?: boolean;
}

export interface AmqpTransportOptions {
  /** `amqp://` or `amqps://user:password@host:port/virtual-host`; of several, one is taken at random, then the next. */
  readonly url: string | readonly string[];
  /** Further brokers (`host` or `host:port`) with the credentials and the virtual host of the first URL. */
  readonly hosts?: readonly string[];
  readonly tls?: AmqpTlsOptions;
  /** How the broker is told who we are. 'external': by the client certificate; then requests carry no `user_id`. */
  readonly authentication?: 'plain' | 'external';
  /** Names this program in `app_id`, in its inboxes and in its connections; 'samovar' by default. */
  readonly app?: string;
  /** 'durable' (default): the inbox survives a reconnect. 'exclusive': it ends with the connection, replies with it. */
  readonly inbox?: 'durable' | 'exclusive';
  /**
   * Wait for the broker's confirm of each send; true by default. Without it a send resolves once it is written: faster,
   * but one that a cut or the broker's end swallows is lost unnoticed, and an unroutable one is only counted.
   */
  readonly confirms?: boolean;
  /** The largest body in bytes, in either direction; 1 MiB by default. */
  readonly maxBodyBytes?: number;
  /** A confirm that takes longer replaces the channel; 10 s by default. */
  readonly confirmTimeoutMs?: number;
  /** Sends that may wait for their confirm; 1,024 by default. */
  readonly maxUnconfirmed?: number;
  /** Requests that may wait to be written; one more is `busy`. 10,000 by default. */
  readonly maxWaitingSends?: number;
  /** A broker that has not answered for twice as long is taken for gone; whole seconds, 10 s by default. */
  readonly heartbeatMs?: number;
  /** How long the first start waits for a broker; for ever by default. */
  readonly waitForBrokerMs?: number;
  /** Declare the exchanges of actions as durable; false by default, as existing callers declare them. */
  readonly durableExchanges?: boolean;
  /** The exchange type of single actions; 'direct' where none is given. */
  readonly exchangeTypes?: Readonly<Record<string, ExchangeType>>;
  /** The type of the queues that workers declare; 'classic' by default. */
  readonly queueType?: 'classic' | 'quorum';
  /** How replies travel: one answer for all, or for single addresses (the others: 'default'). */
  readonly replyRoute?: ReplyRoute | Readonly<Record<string, ReplyRoute>>;
  /** Callers take replies through the exchange of their request, too, where they may bind their inbox to it; false by default. */
  readonly takesEitherRoute?: boolean;
  /** Reply queues to answer besides our own inboxes, server-named queues and direct reply-to; `*` stands for any text. */
  readonly replyToAllow?: readonly string[];
  /** The broker's `consumer_timeout`; 30 min by default, as the broker's own. */
  readonly brokerAckTimeoutMs?: number;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: Logger;
}

export interface AmqpSettings {
  readonly endpoints: readonly Endpoint[];
  readonly tls: AmqpTlsOptions;
  readonly authentication: 'plain' | 'external';
  /** Who we are to the brokers; none without PLAIN credentials. */
  readonly accounts: ReadonlySet<string>;
  readonly app: string;
  readonly inbox: 'durable' | 'exclusive';
  readonly confirms: boolean;
  readonly maxBodyBytes: number;
  readonly confirmTimeoutMs: number;
  readonly maxUnconfirmed: number;
  readonly maxWaitingSends: number;
  readonly heartbeatMs: number;
  readonly waitForBrokerMs: number | undefined;
  readonly durableExchanges: boolean;
  readonly exchangeTypes: ReadonlyMap<string, ExchangeType>;
  readonly queueType: 'classic' | 'quorum';
  readonly replyRouteOf: (address: string) => ReplyRoute;
  readonly takesEitherRoute: boolean;
  readonly allowsReplyTo: (replyTo: string) => boolean;
  readonly brokerAckTimeoutMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** @throws TypeError naming the option that is wrong, and never showing a URL. */
export function amqpSettings(options: AmqpTransportOptions): AmqpSettings {
  const { tls = {}, authentication = 'plain', app = 'samovar', replyRoute = 'default', exchangeTypes = {} } = options;
  const endpoints = parseEndpoints(options.url, options.hosts);
  if (authentication === 'external' && !(tls.cert !== undefined && endpoints.every((endpoint) => endpoint.tls))) {
    throw new TypeError(
      "expected authentication: 'external' together with amqps:// and tls.cert, got one without the other",
    );
  }
  if (!/^[\w.-]{1,100}$/.test(app)) {
    throw new TypeError(`expected app to be 1 to 100 letters, digits, '.', '_' or '-', got ${JSON.stringify(app)}`);
  }
  const routes = new Map(typeof replyRoute === 'string' ? [] : Object.entries(replyRoute));
  const otherwise = typeof replyRoute === 'string' ? replyRoute : 'default';
  const reachesAll = Object.values(exchangeTypes).find((type) => type === 'fanout' || type === 'headers');
  if ([otherwise, ...routes.values()].includes('request-exchange') && reachesAll !== undefined) {
    throw new TypeError(
      `expected replyRoute 'default' where exchangeTypes has '${reachesAll}', got 'request-exchange': each reply would go to each worker, too`,
    );
  }
  return {
    endpoints,
    tls,
    authentication,
    accounts: new Set(authentication === 'plain' ? endpoints.map(({ username }) => username) : []),
    app,
    inbox: options.inbox ?? 'durable',
    confirms: options.confirms ?? true,
    maxBodyBytes: whole('maxBodyBytes', options.maxBodyBytes ?? 1024 * 1024),
    confirmTimeoutMs: whole('confirmTimeoutMs', options.confirmTimeoutMs ?? 10_000),
    maxUnconfirmed: whole('maxUnconfirmed', options.maxUnconfirmed ?? 1_024),
    maxWaitingSends: whole('maxWaitingSends', options.maxWaitingSends ?? 10_000),
    heartbeatMs: Math.ceil(whole('heartbeatMs', options.heartbeatMs ?? 10_000) / 1_000) * 1_000,
    waitForBrokerMs:
      options.waitForBrokerMs === undefined ? undefined : whole('waitForBrokerMs', options.waitForBrokerMs),
    durableExchanges: options.durableExchanges ?? false,
    exchangeTypes: new Map(Object.entries(exchangeTypes)),
    queueType: options.queueType ?? 'classic',
    replyRouteOf: (address) => routes.get(address) ?? otherwise,
    takesEitherRoute: options.takesEitherRoute ?? false,
    allowsReplyTo: patternTest(options.replyToAllow ?? []),
    brokerAckTimeoutMs: whole('brokerAckTimeoutMs', options.brokerAckTimeoutMs ?? 1_800_000),
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    log: options.log ?? silentLog,
  };
}

function whole(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new TypeError(`expected ${name} to be an integer of at least 1, got ${value}`);
}
