import type { JsonSchema } from '../json-schema.js';
import { shown, type DifferenceKind } from './difference.js';

interface Found {
  readonly kind: DifferenceKind;
  readonly what: string;
  readonly narrower: boolean;
  readonly wider: boolean;
}

/** What differs in the limits of two schemas of one type. */
export function limitChanges(before: JsonSchema, after: JsonSchema, type: string): Found[] {
  switch (type) {
    case 'string':
      return [...sizes(before, after, 'Length'), ...patterns(before, after)];
    case 'array':
      return [...sizes(before, after, 'Items'), ...flag(before.uniqueItems === true, after.uniqueItems === true)];
    case 'integer':
    case 'number':
      return [...bounds(before, after), ...steps(before.multipleOf, after.multipleOf)];
    default:
      return [];
  }
}

function sizes(before: JsonSchema, after: JsonSchema, unit: 'Length' | 'Items'): Found[] {
  const limit = (at: number): Limit => ({ at, isOpen: false });
  return [
    ...bound(`min${unit}`, limit(before[`min${unit}`] ?? 0), limit(after[`min${unit}`] ?? 0), 'least'),
    ...bound(`max${unit}`, limit(before[`max${unit}`] ?? Infinity), limit(after[`max${unit}`] ?? Infinity), 'most'),
  ];
}

function bounds(before: JsonSchema, after: JsonSchema): Found[] {
  return [
    ...bound('minimum', leastOf(before), leastOf(after), 'least'),
    ...bound('maximum', mostOf(before), mostOf(after), 'most'),
  ];
}

interface Limit {
  readonly at: number;
  /** Itself excluded. */
  readonly isOpen: boolean;
}

function leastOf({ type, minimum, exclusiveMinimum }: JsonSchema): Limit {
  return limitOf(type, minimum, exclusiveMinimum, Number.MIN_SAFE_INTEGER, -1);
}

function mostOf({ type, maximum, exclusiveMaximum }: JsonSchema): Limit {
  return limitOf(type, maximum, exclusiveMaximum, Number.MAX_SAFE_INTEGER, 1);
}

/** Below the next whole number is that number; the bounds that every whole number has are none. */
function limitOf(
  type: JsonSchema['type'],
  closed: number | undefined,
  open: number | undefined,
  natural: number,
  way: 1 | -1,
): Limit {
  const isWhole = type === 'integer';
  const none = { at: way * Infinity, isOpen: false };
  const given: Limit[] = [
    ...(closed === undefined || (isWhole && closed === natural) ? [] : [{ at: closed, isOpen: false }]),
    ...(open === undefined ? [] : [isWhole ? { at: beyond(open, way), isOpen: false } : { at: open, isOpen: true }]),
  ];
  return given.reduce((tightest, limit) => (isTighter(limit, tightest, way) ? limit : tightest), none);
}

function beyond(open: number, way: 1 | -1): number {
  return way === -1 ? Math.floor(open) + 1 : Math.ceil(open) - 1;
}

function isTighter(one: Limit, other: Limit, way: 1 | -1): boolean {
  return one.at === other.at ? one.isOpen && !other.isOpen : way * one.at < way * other.at;
}

function bound(name: string, before: Limit, after: Limit, side: 'least' | 'most'): Found[] {
  if (before.at === after.at && before.isOpen === after.isOpen) return [];
  const narrower = isTighter(after, before, side === 'least' ? -1 : 1);
  const text = ({ at, isOpen }: Limit) => (Number.isFinite(at) ? `${at}${isOpen ? ' (itself excluded)' : ''}` : 'none');
  const what = `${name} ${narrower ? 'tightened' : 'loosened'} from ${text(before)} to ${text(after)}`;
  return [{ kind: 'limit_changed', what, narrower, wider: !narrower }];
}

function steps(before: number | undefined, after: number | undefined): Found[] {
  if (before === after) return [];
  const what = `multipleOf changed from ${shown(before)} to ${shown(after)}`;
  const isWithin = (fine: number | undefined, coarse: number | undefined) =>
    fine === undefined || (coarse !== undefined && coarse % fine === 0);
  return [{ kind: 'limit_changed', what, narrower: !isWithin(after, before), wider: !isWithin(before, after) }];
}

function flag(before: boolean, after: boolean): Found[] {
  if (before === after) return [];
  const what = after ? 'items must be unique now' : 'items may repeat now';
  return [{ kind: 'limit_changed', what, narrower: after, wider: before }];
}

function patterns(before: JsonSchema, after: JsonSchema): Found[] {
  const [old, now] = [patternsOf(before), patternsOf(after)];
  const [gone, added] = [old.filter((one) => !now.includes(one)), now.filter((one) => !old.includes(one))];
  if (gone.length + added.length === 0) return [];
  const name = (schema: JsonSchema, all: readonly string[]) =>
    schema.format ?? (all.length === 0 ? 'none' : shown(all.join(' ')));
  const what = `pattern changed from ${name(before, gone)} to ${name(after, added)}`;
  return [{ kind: 'pattern_changed', what, narrower: added.length > 0, wider: gone.length > 0 }];
}

/** Also a format of which no pattern is known. */
function patternsOf({ pattern, format, allOf = [] }: JsonSchema): string[] {
  const own = pattern ?? (format === undefined ? [] : `format ${format}`);
  return [own, ...allOf.map((part) => part.pattern ?? [])].flat();
}
