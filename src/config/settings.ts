import type { ServerOptions } from '../core/server-options.js';

/** What a configuration says, once it is read, checked and completed. */
export interface Configuration {
  /** Absolute path of the file; undefined where the command line said everything. */
  readonly file: string | undefined;
  readonly virtualHosts: readonly VirtualHost[];
  readonly logLevel: LogLevel;
  /** What is accepted and has no effect, one sentence each. */
  readonly warnings: readonly string[];
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** All that one worker serves: its addresses on one virtual host of one broker. */
export interface VirtualHost {
  readonly name: string;
  readonly connection: ConnectionSettings;
  /** The node addresses, at least one. */
  readonly addresses: readonly [string, ...string[]];
  readonly handlers: 'auto' | readonly HandlerReference[];
  /** The actions it answers, if the file lists them; undefined: all that there are handlers for. */
  readonly exchanges: ReadonlyMap<string, ExchangeSettings> | undefined;
  /** Go on without a handler for a listed exchange. */
  readonly allowMissingHandlers: boolean;
  /** Patterns of the callers that are let in; undefined: whoever the broker lets in. */
  readonly allow: readonly string[] | undefined;
  /** Answer with generated replies, and run no handler. */
  readonly mock: boolean;
  readonly fernetKeys: readonly string[];
  /** Take secrets that are not encrypted. */
  readonly allowPlainSecrets?: boolean;
  /** Names of fields that must be secrets; undefined: the usual ones. */
  readonly secretNames?: readonly string[];
  /** Where its locks and answers are, if not within the process. */
  readonly redis?: RedisSettings;
  /** Options of startServer. */
  readonly limits: WorkerLimits;
}

/** A Redis that workers share, and what they have to agree on. */
export interface RedisSettings {
  readonly url: string;
  readonly namespace: string;
  readonly commandTimeoutMs?: number;
  /** Left out: of the Fernet keys. */
  readonly fingerprintKey?: string;
}

/** Options of startServer that a configuration may set. */
export type WorkerLimits = Pick<
  ServerOptions,
  'concurrency' | 'maxWaiting' | 'maxWaitingPerKey' | 'lockWaitMs' | 'maxStarts' | 'clockSkewMs' | 'drainMs'
>;

export interface ExchangeSettings {
  readonly type: 'direct' | 'fanout' | 'topic' | 'headers';
  /** Wins over the virtual host's. */
  readonly allow?: readonly string[];
  /** These win over the handler's own. */
  readonly concurrency?: number;
  readonly timeoutMs?: number;
}

/** Which transport, and the options it is created with, but its clock, random and log. */
export type ConnectionSettings =
  | { readonly transport: 'memory' }
  | { readonly transport: 'amqp'; readonly options: AmqpConnectionOptions }
  | { readonly transport: 'sqs'; readonly options: SqsConnectionOptions };

/** As `SqsTransportOptions`, which this fits. */
export interface SqsConnectionOptions {
  readonly region?: string;
  readonly endpoint?: string;
  readonly prefix?: string;
  readonly ensure?: boolean;
  readonly unknownActions?: 'return' | 'answer';
  readonly maxBodyBytes?: number;
  readonly visibilityTimeoutMs?: number;
  readonly pollMs?: number;
  readonly requestTimeoutMs?: number;
  readonly believes?: readonly string[];
  readonly maxWaitingSends?: number;
}

/** As `AmqpTransportOptions`, which this fits. */
export interface AmqpConnectionOptions {
  readonly url: string;
  readonly hosts?: readonly string[];
  readonly tls?: {
    readonly ca?: string;
    readonly cert?: string;
    readonly key?: string;
    readonly passphrase?: string;
    readonly servername?: string;
    readonly acceptUnverifiedOnLoopback?: boolean;
  };
  readonly authentication?: 'plain' | 'external';
  readonly app?: string;
  readonly inbox?: 'durable' | 'exclusive';
  readonly maxBodyBytes?: number;
  readonly confirmTimeoutMs?: number;
  readonly maxUnconfirmed?: number;
  readonly maxWaitingSends?: number;
  readonly heartbeatMs?: number;
  readonly waitForBrokerMs?: number;
  readonly durableExchanges?: boolean;
  readonly exchangeTypes?: Readonly<Record<string, ExchangeSettings['type']>>;
  readonly queueType?: 'classic' | 'quorum';
  readonly replyRoute?: 'default' | 'request-exchange' | Readonly<Record<string, 'default' | 'request-exchange'>>;
  readonly replyToAllow?: readonly string[];
  readonly brokerAckTimeoutMs?: number;
}

/** A handler module that the configuration names. */
export interface HandlerReference {
  /** A package (`samovar/handlers/site`), or a path that starts with `.` or `/`. */
  readonly use: string;
  /** Where `use` is looked up: the folder of the file that says it, else the working folder. Absolute. */
  readonly folder: string;
  /** As written; checked by the module's own schema. */
  readonly settings: unknown;
  /** Where that was said, such as `/etc/samovar/samovar.yml:12:7`; `path` leads into `settings`. For error messages. */
  locate(path?: readonly PropertyKey[]): string;
}
