import type { Issue, RpcError } from '../../core/errors.js';
import { TransportError } from '../../core/transport.js';
import { exitCodes } from '../exit-codes.js';
import { codeEndings } from './endings.js';
import { explainIssue } from './explain.js';
import { printableJson, shortText } from './printable.js';

const longestMessage = 1_000;
/** Mistakes of one request that are shown. */
const mostIssues = 50;

/** What the command line exits with after this failure. */
export function exitCodeOf(error: RpcError): number {
  return isSetUpWrong(error) ? exitCodes.configuration : codeEndings[error.code].exitCode;
}

/** Waiting does not mend it: wrong credentials, missing rights. */
export function isSetUpWrong(error: RpcError): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof TransportError && cause.code === 'setup') return true;
  }
  return false;
}

/** One line: the code, the outcome, what happened, and what to do. */
export function failureLine(error: RpcError, key: string | undefined): string {
  const { code, outcome, declared, message } = error;
  const what = declared
    ? `${shortText(declared.name, 100)} ${shortText(printableJson(declared.data), longestMessage)}`
    : shortText(message, longestMessage);
  const { advice } = codeEndings[code];
  const todo = isSetUpWrong(error) ? '' : typeof advice === 'string' ? advice : advice({ outcome, key });
  return `${code} (${outcome}): ${what}${todo === '' ? '' : `; ${todo}`}`;
}

/** One line for each mistake that the failure names, and one for what the action takes. */
export function issueLines({ code, details }: RpcError, body: unknown, fields: string | undefined): string[] {
  const issues = issuesIn(details?.['errors']);
  const lines = issues
    .slice(0, mostIssues)
    .map((issue) =>
      code === 'invalid_reply'
        ? `  ${issue.location.join('.')}: ${shortText(issue.message, longestMessage)}`
        : `  ${explainIssue(issue, body)}`,
    );
  if (issues.length > mostIssues) lines.push(`  and ${issues.length - mostIssues} more`);
  if (code === 'invalid_request' && fields !== undefined)
    lines.push(`  it takes: ${shortText(fields, longestMessage)}`);
  return lines;
}

/** What came over the wire has any form. */
function issuesIn(errors: unknown): Issue[] {
  if (!Array.isArray(errors)) return [];
  return (errors as Partial<Issue>[]).map((issue) => ({
    location: Array.isArray(issue.location)
      ? issue.location.map((part: unknown) => (typeof part === 'number' ? part : String(part)))
      : [],
    message: String(issue.message),
    type: String(issue.type),
  }));
}

/** A failure as `--json` and the results of a batch show it. */
export function errorDocument(error: RpcError): Record<string, unknown> {
  const { code, outcome, retryable, message, id, declared, details } = error;
  return {
    code,
    outcome,
    retryable,
    message,
    ...(id !== undefined && { id }),
    ...declared,
    ...(details && { details }),
  };
}
