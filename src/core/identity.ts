import { createHmac } from 'node:crypto';
import type { Call } from './call.js';
import { keyHeader } from './headers.js';
import { canonicalJson } from './json.js';

/** Gives requests the name and the fingerprint under which a store knows them. */
export interface Identities {
  /** Sets key and fingerprint of a call that has a key: its handler's, its caller's, or its message id where that must do. */
  identify(call: Call): void;
  /** The name of a key that this sender gave, or would have given, to calls of this action. */
  nameOf(call: Call, key: string): string;
  /** Tells whether two requests ask for the same: over what was sent, before defaults. */
  fingerprintOf(call: Call): string;
  /** Whether this is a fingerprint of the call, by any of the keys; if so, it is the call's from now on. */
  recognise(call: Call, fingerprint: string): boolean;
}

/**
 * `fingerprintKeys`: keep whoever reads a store from guessing requests by their fingerprints. The first one makes them;
 * with all of them made ones are recognised, so that keys can be changed.
 */
export function createIdentities(parts: {
  fingerprintKeys: readonly [string, ...string[]];
  isDurable: boolean;
}): Identities {
  const [firstKey, ...otherKeys] = parts.fingerprintKeys;

  function keyOf(call: Call): readonly [string, string] | undefined {
    const { handler, message, delivery } = call;
    const key = handler.idempotencyKey?.(call.request) ?? message.headers[keyHeader];
    if (key === '') throw new TypeError(`expected the idempotency key of ${call.action} not to be empty`);
    if (key !== undefined) return ['key', key];
    // Its starts must be counted somewhere, or a request that crashes its worker comes back for ever.
    const needsRecord = handler.onCrash === 'park' || (delivery.redelivered && parts.isDurable);
    return needsRecord ? ['id', call.id] : undefined;
  }

  function fingerprintBy(fingerprintKey: string, call: Call): string {
    return createHmac('sha256', fingerprintKey)
      .update(canonicalJson(call.secrets?.opened(call.body) ?? call.body))
      .digest('base64url');
  }

  /** Scoped by who asks and for what: nobody is answered with somebody else's reply. */
  function scoped(call: Call, key: readonly [string, string]): string {
    return JSON.stringify([call.caller ?? null, call.action, ...key]);
  }

  return {
    identify(call) {
      const key = keyOf(call);
      if (!key) return;
      call.key = scoped(call, key);
      call.fingerprint = fingerprintBy(firstKey, call);
    },
    nameOf: (call, key) => scoped(call, ['key', key]),
    fingerprintOf: (call) => call.fingerprint || fingerprintBy(firstKey, call),
    recognise(call, fingerprint) {
      if (fingerprint === call.fingerprint) return true;
      if (!otherKeys.some((key) => fingerprintBy(key, call) === fingerprint)) return false;
      call.fingerprint = fingerprint;
      return true;
    },
  };
}
