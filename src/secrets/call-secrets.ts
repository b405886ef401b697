import type { z } from 'zod';
import { isRecord } from '../core/reply.js';
import type { Keyring } from './keyring.js';
import { redactedError } from './redact-error.js';
import { sealing, type Replacer } from './sealing.js';
import { secretsAre } from './secret-field.js';

/** The secrets of one request in its worker. Functions alone: whoever prints a call sees none of them. */
export interface CallSecrets {
  /** How its body, and a stored answer, is parsed. */
  readonly received: z.core.ParseContext<z.core.$ZodIssue>;
  /** How its answer is written. */
  readonly seal: Replacer;
  /** A body with what its tokens say: equal for a request that is sent again. */
  opened(body: unknown): unknown;
  /** A failure of its handler, without what was in the request. */
  redacted(error: unknown): unknown;
}

export function createCallSecrets(keyring: Keyring, allowsPlain: boolean): () => CallSecrets {
  const seal = sealing(keyring);
  return () => {
    const found = new Map<string, unknown>();
    const read: unknown[] = [];
    return {
      received: secretsAre({
        given: 'encrypted',
        open: (token) => keyring.open(token),
        allowsPlain,
        opener: 'this worker',
        onSecret: (came, value, made) => {
          found.set(came, value);
          read.push(value, made);
        },
      }),
      seal,
      opened: (body) => withValues(body, found, keyring),
      redacted: (error) => redactedError(error, read),
    };
  };
}

/** Tokens that nobody asked for say the same again, too: a union's option may take no notice of them. */
function withValues(value: unknown, found: ReadonlyMap<string, unknown>, keyring: Keyring): unknown {
  if (typeof value === 'string') return found.has(value) ? found.get(value) : (keyring.open(value) ?? value);
  if (Array.isArray(value)) return value.map((each) => withValues(each, found, keyring));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withValues(each, found, keyring)]));
}
