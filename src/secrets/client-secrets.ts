import type { z } from 'zod';
import type { Action } from '../core/action.js';
import { RpcError } from '../core/errors.js';
import type { Keyring } from './keyring.js';
import { sealing, type Replacer } from './sealing.js';
import { secretsAre } from './secret-field.js';
import { surveyOf } from './survey.js';
import { wrapSecrets } from './wrap.js';

type ParseContext = z.core.ParseContext<z.core.$ZodIssue>;

/** What a caller does about the secrets of an action. */
export interface CallerSecrets {
  /** The request, with its secrets as `Secret`. */
  wrap(request: unknown): unknown;
  /** How a wrapped request is parsed. */
  readonly sent: ParseContext;
  /** The text of a wrapped request. @throws RpcError `invalid_request` for a secret that no token can hold. */
  write(wrapped: unknown): string;
  /** How the data of a reply is parsed. */
  readonly received: ParseContext;
  /** The worker is to encrypt its replies. */
  readonly readsReplies: boolean;
}

export interface ClientSecrets {
  /** Undefined for an action without secrets. @throws TypeError if it has some, and there is no key. */
  of(action: Action): CallerSecrets | undefined;
}

export function createClientSecrets(keyring: Keyring | undefined, allowsPlain: boolean): ClientSecrets {
  // Looked through once: calls of actions without secrets cost one look into it.
  const known = new WeakMap<Action, { readonly secrets: CallerSecrets | undefined }>();

  function make(action: Action): CallerSecrets | undefined {
    const { request, reply } = surveyOf(action);
    const [first] = [...request, ...reply];
    // Of an action that is known by its name alone, nobody knows what comes back.
    const readsReplies = reply.length > 0 || action.otherErrors !== undefined;
    if (first === undefined && !(keyring && readsReplies)) return undefined;
    if (!keyring) {
      throw new TypeError(
        `expected fernetKeys of the client (fernet_key in a configuration file), since ${action.name} has a secret at ${String(first)}`,
      );
    }
    const seal = sealing(keyring);
    return {
      wrap: request.length === 0 ? (given) => given : (given) => wrapSecrets(action.request, given),
      sent: secretsAre({ given: 'wrapped' }),
      write: (wrapped) => written(wrapped, seal),
      received: secretsAre({
        given: 'encrypted',
        open: (token) => keyring.open(token),
        allowsPlain,
        opener: 'this client',
      }),
      readsReplies,
    };
  }

  return {
    of(action) {
      let found = known.get(action);
      if (!found) known.set(action, (found = { secrets: make(action) }));
      return found.secrets;
    },
  };
}

function written(wrapped: unknown, seal: Replacer): string {
  try {
    return JSON.stringify(wrapped, seal);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new RpcError('invalid_request', error.message);
  }
}
