/** One place where two schemas differ. */
export interface Difference {
  /** As in `fieldsOf`; empty: the value itself. */
  readonly path: string;
  readonly kind: DifferenceKind;
  /** What has changed, from the first to the second. */
  readonly what: string;
  /** The first takes values that the second refuses. */
  readonly narrower: boolean;
  /** The second takes values that the first refuses. */
  readonly wider: boolean;
}

export type DifferenceKind =
  | 'field_added'
  | 'field_removed'
  | 'field_required'
  | 'field_optional'
  | 'type_changed'
  | 'values_changed'
  | 'limit_changed'
  | 'pattern_changed'
  | 'variant_added'
  | 'variant_removed'
  | 'default_changed'
  | 'secret_changed'
  | 'strictness_changed'
  | 'check_changed';

export type Report = (difference: Difference) => void;

export function shown(value: unknown): string {
  const text = value === undefined ? 'none' : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
