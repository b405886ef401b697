import type { z } from 'zod';
import type { Action } from '../core/action.js';
import type { Handler } from '../core/handler.js';
import { exampleOf } from './example.js';
import { secretPathsOf } from './fields.js';
import { jsonSchemaOf, type JsonSchema } from './json-schema.js';

/** What callers may build on: plain data, the same for the same handlers, fit for JSON. */
export interface Contract {
  readonly title: string;
  readonly version: string;
  /** Sorted by name. */
  readonly actions: readonly ActionContract[];
}

export interface ActionContract {
  readonly name: string;
  readonly summary: string;
  readonly description?: string;
  /** Where a call goes that names no address; left out also where that depends on the request. */
  readonly address?: string;
  /** Its calls survive a crash of the broker. */
  readonly persistent: boolean;
  /** As a caller sends it: what has a default may be left out. */
  readonly request: PartContract;
  readonly response: PartContract;
  /** Sorted by name. */
  readonly errors: readonly ErrorContract[];
  /** What its handler promises; left out where only the action is known. */
  readonly handling?: HandlingContract;
  /** What gave the handler. */
  readonly package?: PackageContract;
}

/** A request, a response, or the data of an error. */
export interface PartContract {
  /**
   * JSON Schema 2020-12 of the value as programs see it. A secret (`x-secret`) is described before its encryption: on the
   * wire it is a Fernet token. `x-refined`: the worker checks more than JSON Schema can say.
   */
  readonly schema: JsonSchema;
  /** The places that are secret, such as `users[].password`; sorted. */
  readonly secrets: readonly string[];
  /** One value that the worker accepts, secrets in plain; left out where none was found. */
  readonly example?: unknown;
}

export interface ErrorContract extends PartContract {
  readonly name: string;
}

export interface HandlingContract {
  /** Conflicting requests wait for each other. */
  readonly locks: boolean;
  /** The request names its effect: sent twice, it takes effect once. */
  readonly idempotent: boolean;
  readonly onCrash: 'retry' | 'park';
  readonly timeoutMs: number;
}

export interface PackageContract {
  readonly name: string;
  readonly version?: string;
}

export interface ContractOptions {
  /** What the contract is of; `Samovar actions` by default. */
  readonly title?: string;
  /** `0.0.0` by default. */
  readonly version?: string;
  /** What gives an action, by the action's name. */
  readonly packages?: ReadonlyMap<string, PackageContract>;
}

/**
 * The contract of handlers, or of actions alone.
 * @throws TypeError if two have one name, or a schema cannot be written down.
 */
export function describeContract(
  given: readonly (Handler | Action)[],
  { title = 'Samovar actions', version = '0.0.0', packages }: ContractOptions = {},
): Contract {
  const actions = given.map((one) => {
    const [action, handler] = 'run' in one ? [one.action, one] : [one];
    return actionContract(action, handler, packages?.get(action.name));
  });
  const names = new Set<string>();
  for (const { name } of actions) {
    if (names.has(name)) throw new TypeError(`expected each action once in a contract, got ${name} twice`);
    names.add(name);
  }
  return { title, version, actions: actions.sort(byName) };
}

function actionContract(
  action: Action,
  handler: Handler | undefined,
  from: PackageContract | undefined,
): ActionContract {
  const { name, summary, description, to, persistent = false, request, response, errors } = action;
  const part = (schema: z.ZodType, side: 'input' | 'output', what: string): PartContract => {
    const described = writtenDown(schema, side, `${what} of action ${name}`);
    const example = exampleOf(schema, described, `${name} ${what}`);
    return { schema: described, secrets: secretPathsOf(described), ...(example !== undefined && { example }) };
  };
  return {
    name,
    summary,
    ...(description !== undefined && { description }),
    ...(typeof to === 'string' && { address: to }),
    persistent,
    request: part(request, 'input', 'the request'),
    response: part(response, 'output', 'the response'),
    errors: Object.entries(errors)
      .map(([error, schema]) => ({ name: error, ...part(schema, 'output', `error ${error}`) }))
      .sort(byName),
    ...(handler && { handling: handlingOf(handler) }),
    ...(from && { package: from }),
  };
}

function writtenDown(schema: z.ZodType, side: 'input' | 'output', what: string): JsonSchema {
  try {
    return jsonSchemaOf(schema, side);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TypeError(`expected ${what} to be a schema that JSON Schema can describe, got: ${why}`, { cause });
  }
}

function handlingOf({ locks, idempotencyKey, onCrash = 'retry', timeoutMs = 60_000 }: Handler): HandlingContract {
  return { locks: locks !== undefined, idempotent: idempotencyKey !== undefined, onCrash, timeoutMs };
}

/** By code points: the order must not depend on the language of the machine. */
function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : Number(a.name > b.name);
}
