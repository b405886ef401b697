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
  /** A body with the values of those tokens in it that were opened: equal for a request that is sent again. */
  opened(body: unknown): unknown;
  /** A failure of its handler, without what was in the request. */
  redacted(error: unknown): unknown;
}

export function createCallSecrets(keyring: Keyring, allowsPlain: boolean): () => CallSecrets {
  const seal = sealing(keyring);
  return () => {
    const found = new Map<string, unknown>();
    return {
      received: secretsAre({
        given: 'encrypted',
        open: (token) => keyring.open(token),
        allowsPlain,
        opener: 'this worker',
        onSecret: (came, value) => void found.set(came, value),
      }),
      seal,
      opened: (body) => withValues(body, found),
      redacted: (error) => redactedError(error, [...found.values()]),
    };
  };
}

function withValues(value: unknown, found: ReadonlyMap<string, unknown>): unknown {
  if (typeof value === 'string') return found.has(value) ? found.get(value) : value;
  if (Array.isArray(value)) return value.map((each) => withValues(each, found));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withValues(each, found)]));
}
