import type { JsonSchema } from '../json-schema.js';
import { shown, type DifferenceKind } from './difference.js';

/** The only values that a schema takes, where it lists them. */
export function valuesOf(schema: JsonSchema): readonly unknown[] | undefined {
  return schema.enum ?? (schema.const === undefined ? undefined : [schema.const]);
}

/** Compares two schemas of which at least one lists its values. */
export function compareValues(
  old: readonly unknown[] | undefined,
  now: readonly unknown[] | undefined,
  before: JsonSchema,
  after: JsonSchema,
  changed: (kind: DifferenceKind, what: string, narrower: boolean, wider: boolean) => void,
): void {
  if (old && now) {
    const [gone, added] = [without(old, now), without(now, old)];
    const parts = [
      ...(gone.length > 0 ? [`no longer ${gone.map(shown).join(', ')}`] : []),
      ...(added.length > 0 ? [`may be ${added.map(shown).join(', ')} now`] : []),
    ];
    if (parts.length > 0) changed('values_changed', parts.join(', '), gone.length > 0, added.length > 0);
  } else if (old) {
    changed(
      'values_changed',
      `may be more than ${old.map(shown).join(', ')} now`,
      !old.every((value) => isTaken(value, after)),
      true,
    );
  } else {
    const values = now ?? [];
    changed(
      'values_changed',
      `must be one of ${values.map(shown).join(', ')} now`,
      true,
      !values.every((value) => isTaken(value, before)),
    );
  }
}

function without(values: readonly unknown[], others: readonly unknown[]): unknown[] {
  const known = new Set(others.map((value) => JSON.stringify(value)));
  return values.filter((value) => !known.has(JSON.stringify(value)));
}

/** Certainly taken: by a schema that says no more than a type. */
function isTaken(value: unknown, { type, ...others }: JsonSchema): boolean {
  const isBare = Object.keys(others).every((keyword) => keyword === 'default');
  if (type === undefined) return isBare;
  return isBare && (value === null ? type === 'null' : typeof value === type);
}
