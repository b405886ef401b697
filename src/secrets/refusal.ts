import type { z } from 'zod';
import { RpcError, type Issue } from '../core/errors.js';
import { notEncrypted } from './secret-field.js';

/** What the sender of a request hears whose secrets are no tokens; undefined if something else is wrong with it. */
export function refusedSecrets(
  id: string,
  error: { readonly issues: readonly z.core.$ZodIssue[] },
): RpcError | undefined {
  const errors = issuesAbout(error.issues, []);
  const [first] = errors;
  if (!first) return undefined;
  const message = `${first.location.join('.')}: ${first.message}`;
  return new RpcError('not_encrypted', message, { id, details: { errors } });
}

/** Of a union those of an option that has no other fault. */
function issuesAbout(issues: readonly z.core.$ZodIssue[], path: readonly PropertyKey[]): Issue[] {
  return issues.flatMap((issue): Issue[] => {
    const at = [...path, ...issue.path];
    if ((issue.code as string) === notEncrypted) {
      return [
        {
          location: at.map((part) => (typeof part === 'symbol' ? String(part) : part)),
          message: issue.message,
          type: notEncrypted,
        },
      ];
    }
    if (issue.code !== 'invalid_union') return [];
    for (const option of issue.errors) {
      const about = issuesAbout(option, at);
      if (about.length > 0 && about.length === option.length) return about;
    }
    return [];
  });
}
