import { z } from 'zod';
import { isTooDeep } from '../core/json.js';
import { maskedIssues } from './masked-issues.js';
import { Secret } from './secret.js';
import { holdsSecrets, secretTrait } from './schema-parts.js';

/** What `secret(inner)` is: a `Secret` to whoever reads it; whoever writes it may give the bare value. */
export type SecretField<T extends z.ZodType> = z.ZodType<Secret<z.output<T>>, z.input<T> | Secret<z.input<T>>>;

/** How the secrets of a value are given where it is parsed; left out: bare, or as `Secret`. */
export type SecretsAre =
  /** All as `Secret`: a bare one could not be found, and would be sent as it is. */
  | { readonly given: 'wrapped' }
  /** As tokens. */
  | {
      readonly given: 'encrypted';
      /** What a token says; undefined if no key opens it. */
      open(token: string): string | undefined;
      /** Also bare, from programs that do not encrypt. */
      readonly allowsPlain: boolean;
      /** Who was to open them, for messages. */
      readonly opener: 'this worker' | 'this client';
      /** Told each secret: as it came, what it is as far as is known, and what its schema has made of that. The last time counts. */
      onSecret?(came: string, value: unknown, made: unknown): void;
    };

const contextKey = Symbol.for('samovar.secrets');

/** The second argument of a schema's `safeParse`: how secrets are given. */
export function secretsAre(how: SecretsAre): z.core.ParseContext<z.core.$ZodIssue> {
  return { [contextKey]: how } as z.core.ParseContext<z.core.$ZodIssue>;
}

const keySettings = 'fernetKeys; fernet_key in a configuration file';

/** The type of the issue about a secret that is no token, or none that a key opens. */
export const notEncrypted = 'not_encrypted';

interface SecretFieldDef extends z.core.$ZodTypeDef {
  /** As it is written in JSON Schema: like the schema within. */
  readonly type: 'nonoptional';
  readonly innerType: z.core.$ZodType;
}

type Field = z.ZodType & { _zod: { def: SecretFieldDef } };

const SecretFieldType = z.core.$constructor<Field, SecretFieldDef>(secretTrait, (field, def) => {
  z.ZodType.init(field, def);
  field._zod.parse = (payload, context) => parseSecret(payload, context, def.innerType);
  // What takes its place where it is missing is as secret, and was never on its way.
  field.default = (value: unknown) => z._default(field, asSecret(value));
  field.prefault = (value: unknown) => z.prefault(field, asSecret(value));
});

/**
 * A field that travels encrypted, in requests, responses and declared errors, at any depth. Handlers and callers get it as
 * a `Secret`, and may give the bare value. What may be missing or null is said around it: `secret(z.string()).optional()`.
 * @throws TypeError if `inner` takes null or undefined itself, or holds another secret.
 */
export function secret<T extends z.ZodType>(inner: T): SecretField<T> {
  if (!(inner instanceof z.ZodType)) throw new TypeError('expected secret(…) to get a zod schema');
  if (isNested(inner)) throw new TypeError('expected no secret within a secret: what is within is encrypted, too');
  if ([undefined, null].some((value) => accepts(inner, value))) {
    throw new TypeError(
      'expected the schema within secret(…) to take neither undefined nor null; say .optional(), .nullable() or .default(…) behind secret(…)',
    );
  }
  const field = new SecretFieldType({ type: 'nonoptional', innerType: inner });
  z.globalRegistry.add(field, { 'x-secret': true });
  return field as unknown as SecretField<T>;
}

function asSecret(value: unknown): unknown {
  return value instanceof Secret || typeof value === 'function' ? value : new Secret(value);
}

function isNested(inner: z.ZodType): boolean {
  try {
    return holdsSecrets(inner);
  } catch {
    // It refers to a schema that is not there yet.
    return false;
  }
}

function accepts(schema: z.ZodType, value: unknown): boolean {
  try {
    return schema.safeParse(value).success;
  } catch {
    return false;
  }
}

type Payload = z.core.ParsePayload;
type Context = z.core.ParseContextInternal & { readonly [contextKey]?: SecretsAre };

function parseSecret(payload: Payload, context: Context, inner: z.core.$ZodType): z.core.util.MaybeAsync<Payload> {
  const value: unknown = payload.value;
  const how = context[contextKey];
  const given: unknown = value instanceof Secret ? value.reveal() : value;
  // What is missing is told as the schema within tells it.
  if (given === undefined || given === null || how === undefined || given !== value) {
    const parsed = inner._zod.run({ value: given, issues: [] }, context);
    return parsed instanceof Promise ? parsed.then((result) => finished(payload, result)) : finished(payload, parsed);
  }
  if (how.given === 'wrapped') return refused(payload, 'a secret cannot be found behind a transform or preprocess');
  return parseArrived(payload, context, inner, how);
}

function parseArrived(
  payload: Payload,
  context: Context,
  inner: z.core.$ZodType,
  how: SecretsAre & { given: 'encrypted' },
): Payload {
  const { value } = payload;
  const came = typeof value === 'string' ? value : JSON.stringify(value);
  const run = (candidate: unknown): Payload => {
    // Before anything is made of it: a transform may throw what it was given.
    how.onSecret?.(came, candidate, undefined);
    return inner._zod.run({ value: candidate, issues: [] }, context) as Payload;
  };
  const text = typeof value === 'string' ? how.open(value) : undefined;
  if (text === undefined) {
    // A token that no key opens is never a password that somebody has chosen.
    const isPlain = how.allowsPlain && !(typeof value === 'string' && looksEncrypted(value));
    if (!isPlain)
      return refused(
        payload,
        `expected a Fernet token that a key of ${how.opener} opens; both sides need the same key (${keySettings})`,
      );
    const result = run(value);
    how.onSecret?.(came, value, result.value);
    return finished(payload, result);
  }
  let [found, result]: [unknown, Payload] = [text, run(text)];
  const other = result.issues.length === 0 ? undefined : jsonIn(text);
  // What is no text travels as JSON; where that is of the wrong kind, the text is what was meant.
  const second = other === undefined ? undefined : run(other);
  if (second && !second.issues.some(isWrongKind)) [found, result] = [other, second];
  how.onSecret?.(came, found, result.value);
  return finished(payload, result);
}

function isWrongKind({ code, path }: z.core.$ZodRawIssue): boolean {
  return code === 'invalid_type' && (path ?? []).length === 0;
}

function jsonIn(text: string): unknown {
  if (isTooDeep(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? undefined : value;
  } catch {
    return undefined;
  }
}

function looksEncrypted(text: string): boolean {
  return /^gAAAA[\w-]{90,}={0,2}$/.test(text);
}

function finished(payload: Payload, { value, issues }: Payload): Payload {
  if (issues.length > 0) payload.issues.push(...maskedIssues(issues));
  else payload.value = new Secret(value);
  return payload;
}

function refused(payload: Payload, message: string): Payload {
  payload.issues.push({ code: notEncrypted as 'custom', message, input: undefined, path: [] });
  return payload;
}
