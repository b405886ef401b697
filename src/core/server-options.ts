import type { Authorize } from '../middleware/authorize.js';
import type { ServerMiddleware } from '../middleware/execute.js';
import type { ServerHooks } from '../middleware/observe.js';
import type { IdempotencyStore } from '../stores/idempotency.js';
import type { LockProvider } from '../stores/lock.js';
import { createKeyring } from '../secrets/keyring.js';
import { defaultSecretNames, surveyOf, undeclaredSecrets } from '../secrets/survey.js';
import { checkInteger, checkPositive } from './checks.js';
import type { Client } from './client.js';
import type { Clock } from './clock.js';
import type { Handler } from './handler.js';
import type { Logger } from './log.js';
import type { Random } from './random.js';
import type { Transport } from './transport.js';

export interface ServerOptions {
  readonly transport: Transport;
  /** The node address it serves, or several. Other workers may serve them too: they compete. */
  readonly address: string | readonly string[];
  readonly handlers: readonly Handler[];
  /** Keeps conflicting requests apart; by default within this process. */
  readonly locks?: LockProvider;
  /** Remembers answers by idempotency key; by default within this process, for 24 h. */
  readonly idempotency?: IdempotencyStore;
  /**
   * Keys the fingerprints of requests; needed with a durable idempotency store, the same for all its workers. Left
   * out, one is derived from each of the `fernetKeys`: the first makes fingerprints, all recognise them.
   */
  readonly fingerprintKey?: string;
  /**
   * Fernet keys for the fields that actions declare as `secret(…)`: the first one encrypts, all decrypt. Needed where
   * there are such fields.
   */
  readonly fernetKeys?: readonly string[];
  /** Takes secrets that are not encrypted, from programs that cannot encrypt them. */
  readonly allowPlainSecrets?: boolean;
  /** Names of fields that must be secrets; by default secret_values, passphrase, password, admin_password and database_user_password. */
  readonly secretNames?: readonly string[];
  /** Who may have what done; by default whoever the broker lets in. */
  readonly authorize?: Authorize;
  /** Wraps every run, the first one outermost. */
  readonly middleware?: readonly ServerMiddleware[];
  readonly hooks?: ServerHooks;
  /** The client that handlers get for nested calls; by default one of the server's own. */
  readonly client?: Client;
  /** Handlers that run at once; 16 by default. */
  readonly concurrency?: number;
  /** Requests held beside those that run, per address; 256 by default. */
  readonly maxWaiting?: number;
  /** Requests that wait for one lock; 128 by default. */
  readonly maxWaitingPerKey?: number;
  /** How long a request waits for its locks at most; 600,000 by default. */
  readonly lockWaitMs?: number;
  /** Starts of one request that may end with a crash before it is set aside; 5 by default. */
  readonly maxStarts?: number;
  /** How far the clocks of callers may be off; 2,000 by default. */
  readonly clockSkewMs?: number;
  /** How long `stop` lets running handlers go on; 25,000 by default. */
  readonly drainMs?: number;
  readonly log?: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** The addresses, each once. @throws TypeError naming the option that is wrong. */
export function checkServerOptions(options: ServerOptions): readonly string[] {
  checkInteger(options.concurrency, 'concurrency');
  checkInteger(options.maxWaiting, 'maxWaiting', 17);
  checkInteger(options.maxWaitingPerKey, 'maxWaitingPerKey');
  checkInteger(options.maxStarts, 'maxStarts');
  checkPositive(options.lockWaitMs, 'lockWaitMs');
  checkInteger(options.clockSkewMs, 'clockSkewMs', 0);
  checkInteger(options.drainMs, 'drainMs', 0);
  if (options.idempotency?.durable && !options.fingerprintKey && !options.fernetKeys?.length) {
    throw new TypeError(
      'expected fingerprintKey beside a durable idempotency store: any secret text, the same for all its workers',
    );
  }
  checkSecrets(options);
  for (const handler of options.handlers) checkHandler(handler, options);
  const addresses = new Set(typeof options.address === 'string' ? [options.address] : options.address);
  if (addresses.size === 0 || addresses.has(''))
    throw new TypeError('expected address to be one or more non-empty names');
  checkRetention(options);
  return [...addresses];
}

function checkSecrets({ handlers, fernetKeys = [], secretNames = defaultSecretNames }: ServerOptions): void {
  if (fernetKeys.length > 0) createKeyring(fernetKeys);
  for (const { action } of handlers) {
    const { request, reply } = surveyOf(action);
    const [secret] = [...request, ...reply];
    if (secret !== undefined && fernetKeys.length === 0) {
      throw new TypeError(
        `expected fernetKeys (fernet_key in a configuration file), since ${action.name} has a secret at ${secret}, got none; make a key: samovar keys generate`,
      );
    }
    const [open] = undeclaredSecrets(action, secretNames);
    if (open !== undefined) {
      throw new TypeError(
        `expected ${open} of ${action.name} to be declared as secret(…), as every field of that name; declare it, or leave the name out of secretNames (secret_names in a configuration file)`,
      );
    }
  }
}

/** A request that a broker takes back from a worker that stands still must find its answer when it comes again. */
function checkRetention({ idempotency, transport }: ServerOptions): void {
  const { maxHoldMs } = transport.traits;
  const remembersMs = idempotency?.remembersMs;
  if (remembersMs === undefined || maxHoldMs === undefined || remembersMs > maxHoldMs) return;
  throw new TypeError(
    `expected the idempotency store to remember answers (keepMs) for longer than ${maxHoldMs} ms, got ${remembersMs}: ` +
      'the broker may give a request out again after so long, and it would run twice',
  );
}

function checkHandler(handler: Handler, { idempotency, transport, lockWaitMs = 600_000 }: ServerOptions): void {
  const { action, onCrash, timeoutMs = 60_000, locks } = handler;
  if (onCrash === 'park' && !idempotency?.durable) {
    throw new TypeError(
      `expected a durable idempotency store, since the handler for ${action.name} has onCrash: 'park'`,
    );
  }
  if (onCrash === 'park' && handler.coalesce) {
    throw new TypeError(`expected the handler for ${action.name} to have either coalesce or onCrash: 'park', got both`);
  }
  const { maxHoldMs } = transport.traits;
  const longestMs = timeoutMs + (locks ? lockWaitMs : 0);
  if (maxHoldMs !== undefined && longestMs > maxHoldMs) {
    throw new TypeError(
      `expected timeoutMs and lockWaitMs of the handler for ${action.name} to be at most ${maxHoldMs} ms together, ` +
        `got ${longestMs}: the broker takes a request away that is not settled by then. ` +
        `Shorten them, or raise the broker's limit and tell the transport (brokerAckTimeoutMs)`,
    );
  }
}
