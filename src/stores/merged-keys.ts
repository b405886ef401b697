import { exclusive, limit, type LockKey } from './lock.js';

/**
 * One key per name, in the order of first mention. A name asked for in two modes takes what excludes everybody that
 * either would exclude: the smaller of two limits, and exclusive for any other pair.
 */
export function mergedKeys(keys: readonly LockKey[]): readonly LockKey[] {
  if (keys.length < 2) return keys;
  const byName = new Map<string, LockKey>();
  for (const key of keys) {
    const other = byName.get(key.name);
    byName.set(key.name, other ? merged(other, key) : key);
  }
  return [...byName.values()];
}

function merged(one: LockKey, other: LockKey): LockKey {
  if (one.mode === 'limit' && other.mode === 'limit') return limit(one.name, Math.min(one.limit, other.limit));
  return one.mode === other.mode ? one : exclusive(one.name);
}
