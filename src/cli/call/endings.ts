import type { ErrorCode, Outcome } from '../../core/errors.js';
import { exitCodes, signalExitCodes } from '../exit-codes.js';

interface CodeEnding {
  readonly exitCode: number;
  /** What to do about it. */
  readonly advice: string | ((of: { readonly outcome: Outcome; readonly key: string | undefined }) => string);
}

/** What is left to do where nobody knows whether the request ran. */
function afterUnknown({ outcome, key }: { readonly outcome: Outcome; readonly key: string | undefined }): string {
  if (outcome !== 'unknown') return 'try again';
  return key === undefined
    ? 'find out whether it ran before you repeat it; with a --key, a repeat takes effect once'
    : 'repeat it with the same --key';
}

/** The one place that says what `samovar call` exits with and advises for each code a call may fail with. */
export const codeEndings: Readonly<Record<ErrorCode, CodeEnding>> = {
  invalid_request: { exitCode: exitCodes.usage, advice: 'correct the request' },
  not_encrypted: { exitCode: exitCodes.failed, advice: 'give this caller and the worker the same fernet_key' },
  too_large: { exitCode: exitCodes.usage, advice: 'send less at once' },
  unroutable: { exitCode: exitCodes.unavailable, advice: 'look at --to and the name of the action; is its worker up?' },
  no_worker: { exitCode: exitCodes.unavailable, advice: 'start the worker of that address' },
  rejected: { exitCode: exitCodes.unavailable, advice: 'mend what it names, or try again later' },
  unavailable: { exitCode: exitCodes.unavailable, advice: afterUnknown },
  deadline_exceeded: { exitCode: exitCodes.temporary, advice: afterUnknown },
  busy: { exitCode: exitCodes.temporary, advice: afterUnknown },
  failed: { exitCode: exitCodes.failed, advice: '' },
  // Its message says where to look.
  internal: { exitCode: exitCodes.failed, advice: '' },
  forbidden: { exitCode: exitCodes.failed, advice: 'ask for this user to be allowed in (allow)' },
  unknown_action: { exitCode: exitCodes.failed, advice: 'the worker has no handler for it; look at the name' },
  key_mismatch: { exitCode: exitCodes.failed, advice: 'use another --key, or the request it was first used with' },
  deadlock: { exitCode: exitCodes.failed, advice: 'the request waits for a lock that its own caller holds' },
  invalid_reply: { exitCode: exitCodes.failed, advice: 'it ran; caller and worker know different contracts' },
  poisoned: { exitCode: exitCodes.failed, advice: "look at the worker's log and the quarantine of the address" },
  crashed: { exitCode: exitCodes.failed, advice: "look at the worker's log and the quarantine of the address" },
  cancelled: { exitCode: signalExitCodes.SIGINT, advice: afterUnknown },
};

/** For the help text: each exit code and what it stands for. */
export function exitCodeTable(): string {
  const codesOf = (exitCode: number) =>
    Object.entries(codeEndings)
      .filter(([, ending]) => ending.exitCode === exitCode)
      .map(([code]) => code)
      .join(', ');
  return [
    '  0    answered',
    `  1    ${codesOf(exitCodes.failed)}`,
    `  64   wrong usage: an unknown option, a body that is no JSON object; ${codesOf(exitCodes.usage)}`,
    `  69   ${codesOf(exitCodes.unavailable)}`,
    `  75   ${codesOf(exitCodes.temporary)}`,
    '  78   a wrong setting or wrong credentials',
    '  130  interrupted by Ctrl-C',
  ].join('\n');
}
