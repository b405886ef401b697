import { compareSchemas } from './compare-schemas.js';
import type { DifferenceKind } from './difference.js';
import type { LockedAction, LockedContract } from './lockfile.js';

export interface Change {
  readonly action: string;
  /** Such as `request.users[].name` or `errors.taken`; empty: the action itself. */
  readonly path: string;
  readonly kind: ChangeKind;
  readonly what: string;
  /** Whether calls of callers that know the old contract alone may fail at workers that have the new one. */
  readonly breaksOldCallers: boolean;
  /** Whether calls of callers that have the new contract may fail at workers that know the old one alone. */
  readonly breaksOldWorkers: boolean;
}

type ChangeKind =
  | DifferenceKind
  | 'action_added'
  | 'action_removed'
  | 'action_renamed'
  | 'address_changed'
  | 'error_added'
  | 'error_removed'
  | 'error_renamed';

/** What has changed for callers and workers, sorted by action; requests go one way, replies and errors the other. */
export function compareContracts(before: LockedContract, after: LockedContract): Change[] {
  const [old, now] = [new Map(Object.entries(before.actions)), new Map(Object.entries(after.actions))];
  const { gone, added, renamed } = matched(old, now);
  const whole = (
    action: string,
    kind: ChangeKind,
    what: string,
    breaksOldCallers: boolean,
    breaksOldWorkers = true,
  ): Change => ({
    ...{ action, path: '', kind, what, breaksOldCallers, breaksOldWorkers },
  });
  return [
    ...gone.map((name) => whole(name, 'action_removed', 'the action was removed', true, false)),
    ...added.map((name) => whole(name, 'action_added', 'the action was added', false)),
    ...renamed.map(([from, to]) => whole(from, 'action_renamed', `the action was renamed to ${to}`, true)),
    ...[...old].flatMap(([name, action]) => {
      const other = now.get(name);
      return other ? compareActions(name, action, other) : [];
    }),
  ].sort((a, b) => (a.action < b.action ? -1 : Number(a.action > b.action)));
}

function compareActions(action: string, before: LockedAction, after: LockedAction): Change[] {
  const changes: Change[] = [];
  if (before.to !== after.to) {
    const what = `calls that name no address went to ${before.to ?? 'none'}, now to ${after.to ?? 'none'}`;
    changes.push({
      action,
      path: 'to',
      kind: 'address_changed',
      what,
      breaksOldCallers: false,
      breaksOldWorkers: false,
    });
  }
  for (const { path, kind, what, narrower, wider } of compareSchemas(before.request, after.request)) {
    const at = joined('request', path);
    changes.push({ action, path: at, kind, what, breaksOldCallers: narrower, breaksOldWorkers: wider });
  }
  const replies = [
    ['response', before.response, after.response] as const,
    ...Object.entries(before.errors).flatMap(([name, schema]) => {
      const other = Object.hasOwn(after.errors, name) ? after.errors[name] : undefined;
      return other ? [[`errors.${name}`, schema, other] as const] : [];
    }),
  ];
  for (const [part, was, is] of replies) {
    for (const { path, kind, what, narrower, wider } of compareSchemas(was, is)) {
      const at = joined(part, path);
      changes.push({ action, path: at, kind, what, breaksOldCallers: wider, breaksOldWorkers: narrower });
    }
  }
  return [...changes, ...compareErrors(action, before.errors, after.errors)];
}

function compareErrors(action: string, before: LockedAction['errors'], after: LockedAction['errors']): Change[] {
  const { gone, added, renamed } = matched(new Map(Object.entries(before)), new Map(Object.entries(after)));
  const error = (
    name: string,
    kind: ChangeKind,
    what: string,
    breaksOldCallers: boolean,
    breaksOldWorkers: boolean,
  ) => ({
    ...{ action, path: `errors.${name}`, kind, what, breaksOldCallers, breaksOldWorkers },
  });
  return [
    ...renamed.map(([from, to]) => error(from, 'error_renamed', `the error was renamed to ${to}`, true, true)),
    ...gone.map((name) =>
      error(name, 'error_removed', 'the error was removed: from old workers it is invalid_reply', false, false),
    ),
    // Old callers hear of a failure all the same.
    ...added.map((name) =>
      error(name, 'error_added', 'the error was added: to old callers it is invalid_reply', false, false),
    ),
  ];
}

/** What was renamed is what has gone and come again, equal to the letter, and to nothing else. */
function matched<T>(old: ReadonlyMap<string, T>, now: ReadonlyMap<string, T>) {
  const missing = [...old.keys()].filter((name) => !now.has(name)).sort();
  const fresh = [...now.keys()].filter((name) => !old.has(name)).sort();
  const same = (names: readonly string[], all: ReadonlyMap<string, T>, value: T | undefined) =>
    names.filter((name) => JSON.stringify(all.get(name)) === JSON.stringify(value));
  const renamed = missing.flatMap((name) => {
    const value = old.get(name);
    const [to, ...others] = same(fresh, now, value);
    return to !== undefined && others.length === 0 && same(missing, old, value).length === 1
      ? [[name, to] as const]
      : [];
  });
  return {
    renamed,
    gone: missing.filter((name) => !renamed.some(([from]) => from === name)),
    added: fresh.filter((name) => !renamed.some(([, to]) => to === name)),
  };
}

function joined(part: string, path: string): string {
  return path === '' || path.startsWith('[') ? `${part}${path}` : `${part}.${path.replace(/^\./, '')}`;
}
