import type { Issue } from '../../core/errors.js';
import { isSecretName, redactedText } from '../../core/redact.js';
import { isRecord } from '../../core/reply.js';
import { Secret } from '../../secrets/secret.js';
import { shortText } from './printable.js';

const longestValue = 60;

/** One line for one mistake in a request: where, what was expected, what was got. */
export function explainIssue({ location, message }: Issue, body: unknown): string {
  const expected = message.replace(/^Invalid (?:input|option): /, '').replace(/, received .*$/, '');
  return `${pathOf(location)}: ${shortText(expected, 300)}, got ${gotAt(location, body)}`;
}

/** `servers[0].name`; `(the request)` for the whole of it. */
export function pathOf(location: readonly (string | number)[]): string {
  if (location.length === 0) return '(the request)';
  return location
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${shortText(part, 100)}`))
    .join('');
}

function gotAt(location: readonly (string | number)[], body: unknown): string {
  let value = body;
  for (const part of location) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return 'nothing';
    value = (value as Record<string | number, unknown>)[part];
  }
  if (value instanceof Secret) return 'a secret';
  if (Array.isArray(value)) return 'an array';
  if (isRecord(value)) return 'an object';
  // Output ends in logs.
  if (location.some((part) => typeof part === 'string' && isSecretName(part))) return `a ${typeof value}`;
  return shortText(redactedText(JSON.stringify(value)), longestValue);
}
