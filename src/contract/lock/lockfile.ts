import { isRecord } from '../../core/reply.js';
import type { ActionContract, Contract } from '../contract.js';
import type { JsonSchema } from '../json-schema.js';

/** What callers depend on, without the words for people: the content of a lock file. */
export interface LockedContract {
  readonly lockVersion: 1;
  readonly actions: Readonly<Record<string, LockedAction>>;
}

export interface LockedAction {
  readonly to?: string;
  readonly request: JsonSchema;
  readonly response: JsonSchema;
  readonly errors: Readonly<Record<string, JsonSchema>>;
}

const forPeople: ReadonlySet<string> = new Set(['title', 'description', 'examples', 'deprecated', '$comment', 'id']);

export function lockedContract({ actions }: Contract): LockedContract {
  return { lockVersion: 1, actions: Object.fromEntries(actions.map((action) => [action.name, lockedAction(action)])) };
}

function lockedAction({ address, request, response, errors }: ActionContract): LockedAction {
  return {
    ...(address !== undefined && { to: address }),
    request: canonical(request.schema),
    response: canonical(response.schema),
    errors: Object.fromEntries(errors.map(({ name, schema }) => [name, canonical(schema)])),
  };
}

/** The text of a lock file: the same for the same contract. */
export function lockText(locked: LockedContract): string {
  return `${JSON.stringify(sorted(locked), undefined, 2)}\n`;
}

/** @throws TypeError if it is none, or one of a later version. */
export function parseLock(text: string): LockedContract {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new TypeError('expected a lock file to be JSON', { cause });
  }
  const { lockVersion, actions } = (parsed ?? {}) as Partial<LockedContract>;
  if (lockVersion !== 1 || !isRecord(actions)) {
    throw new TypeError('expected a lock file of version 1 with "actions"');
  }
  for (const [name, action] of Object.entries<unknown>(actions)) {
    const isWhole = isRecord(action) && [action['request'], action['response'], action['errors']].every(isRecord);
    if (!isWhole || !Object.values(action['errors'] as object).every(isRecord)) {
      throw new TypeError(`expected a lock file with "request", "response" and "errors" of ${name}`);
    }
  }
  return parsed as LockedContract;
}

/** Without what is for people, keys in order: equal text means an equal schema. */
function canonical(schema: JsonSchema): JsonSchema {
  return sorted(bare(schema)) as JsonSchema;
}

function bare(schema: JsonSchema): unknown {
  const kept = Object.entries(schema).filter(([keyword]) => !forPeople.has(keyword));
  return Object.fromEntries(kept.map(([keyword, value]) => [keyword, bareIn(keyword, value)]));
}

/** What is no schema, such as a default, is kept as it is; so are the names of properties. */
function bareIn(keyword: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (['default', 'const', 'enum', 'required'].includes(keyword)) return value;
  if (Array.isArray(value)) return value.map((item: unknown) => bareIn('', item));
  if (['properties', '$defs', 'patternProperties'].includes(keyword)) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, bareIn('', inner)]));
  }
  return bare(value);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
