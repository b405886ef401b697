import type { z } from 'zod';

type RawIssue = z.core.$ZodRawIssue;

/** Issues whose messages tell what was expected, and of what was got at most its kind. */
const telling: ReadonlySet<string | undefined> = new Set([
  'invalid_type',
  'invalid_value',
  'invalid_format',
  'too_small',
  'too_big',
  'not_multiple_of',
  'custom',
]);

/** The issues of a secret, so that no message can hold the value, whoever writes it, and no path a key of it. */
export function maskedIssues(issues: readonly RawIssue[]): RawIssue[] {
  return issues.map((issue) => {
    if (!telling.has(issue.code)) return { code: 'custom', message: 'Invalid input', input: undefined, path: [] };
    const { message: _written, params: _params, ...rest } = issue;
    return { ...rest, input: standIn(issue.input), path: [] } as unknown as RawIssue;
  });
}

/** Another value of the same kind. */
function standIn(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
      return '';
    case 'number':
      return 0;
    case 'boolean':
      return false;
    case 'object':
      return value === null ? null : Array.isArray(value) ? [] : {};
    default:
      return undefined;
  }
}
