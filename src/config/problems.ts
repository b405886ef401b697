import type { core } from 'zod';
import { nearMiss } from './near-miss.js';
import { pathText, type Path, type Places } from './places.js';
import { isPathOfFile, isSecret } from './secret-paths.js';
import { knownKeys, placesOfKey } from './known-keys.js';

/** What is wrong with the value at `path`, or with its key. */
export interface Problem {
  readonly path: Path;
  readonly expected: string;
  readonly got: string;
  readonly at?: 'key' | 'value';
}

/** Each as `file:line:column: path: expected …, got …`, in the order of the file. */
export function problemTexts(problems: readonly Problem[], places: Places): readonly string[] {
  const texts = problems
    .map(({ path, expected, got, at = 'value' }) => {
      const place = at === 'key' ? places.ofKey(path) : places.ofValue(path);
      const subject = path.length === 0 ? '' : `${pathText(path)}: `;
      return { place, text: `${places.text(place)}: ${subject}expected ${expected}, got ${got}` };
    })
    .sort((one, other) => one.place - other.place)
    .map(({ text }) => text);
  return [...new Set(texts)];
}

/** The problems that the schema found in `written`, the content of the file before its variables were replaced. */
export function schemaProblems(issues: readonly core.$ZodIssue[], written: unknown): Problem[] {
  return issues.flatMap((issue) => problemsOf(issue, [], written));
}

function problemsOf(issue: core.$ZodIssue, base: Path, written: unknown): Problem[] {
  const path = [...base, ...issue.path];
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey([...path, key], key));
  if (issue.code === 'invalid_union') {
    // The branch that was meant is the one that accepts the kind of value, and finds fault with what is in it.
    const meant = issue.errors.find((errors) => errors.every((inner) => isWithin(inner)));
    if (meant) return meant.flatMap((inner) => problemsOf(inner, path, written));
  }
  const value = valueAt(written, path);
  const hint = hintFor(issue, value);
  return [{ path, expected: issue.message, got: `${describe(value, path)}${hint === '' ? '' : `; ${hint}`}` }];
}

function isWithin(issue: core.$ZodIssue): boolean {
  return issue.path.length > 0 || issue.code === 'unrecognized_keys';
}

function unknownKey(path: Path, key: string): Problem {
  const known = knownKeys(path.slice(0, -1));
  const similar = nearMiss(key, known);
  const elsewhere = placesOfKey(key);
  if (similar !== undefined) return unknown(`did you mean ${similar}?`);
  if (elsewhere.length > 0) return unknown(`it belongs under ${elsewhere.join(' or ')}`);
  return unknown(`leave it out: there are ${known.join(', ')}`);

  function unknown(advice: string): Problem {
    return { path, at: 'key', expected: 'a known key', got: `an unknown one; ${advice}` };
  }
}

function hintFor(issue: core.$ZodIssue, value: unknown): string {
  if (value === undefined) return 'add it';
  if (value === null)
    return issue.path.length > 0 ? 'give it a value, or leave the key out' : 'write something into it';
  if (typeof value === 'string' && value.includes('${')) return 'look at what the environment puts there';
  const wantsText = issue.code === 'invalid_type' && issue.expected === 'string';
  return wantsText && (typeof value === 'number' || typeof value === 'boolean') ? 'put it in quotes' : '';
}

/** What was got, for a message: no secret, and nothing that may hold one. */
function describe(value: unknown, path: Path): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (isSecret(path) || isPathOfFile(path)) return `another ${typeof value === 'string' ? 'text' : typeof value}`;
  if (typeof value !== 'string') return JSON.stringify(value);
  if (value === '') return 'an empty text';
  // A URL in the wrong place would show its password.
  if (value.includes('@') || value.includes('://')) return 'a text with a user or a URL in it';
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 59)}…` : value);
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[part];
  }
  return value;
}
