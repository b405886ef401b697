import type { Keyring } from './keyring.js';
import { Secret } from './secret.js';

/** The second argument of JSON.stringify. */
export type Replacer = (this: unknown, key: string, value: unknown) => unknown;

/** Writes each `Secret` as a token. */
export function sealing(keyring: Pick<Keyring, 'encrypt'>): Replacer {
  return replacing((secret) => keyring.encrypt(textOf(secret.reveal())));
}

/** Writes each `Secret` as what it is. */
export const revealing: Replacer = replacing((secret) => secret.reveal());

function replacing(make: (secret: Secret<unknown>) => unknown): Replacer {
  return function (key, value) {
    // What it is given was asked for its toJSON before, which tells nothing.
    const given = (this as Record<string, unknown>)[key];
    return given instanceof Secret ? make(given) : value;
  };
}

/** What is no text travels as JSON. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new TypeError(`expected a secret that JSON has a form for, got ${typeof value}`);
  return text;
}
