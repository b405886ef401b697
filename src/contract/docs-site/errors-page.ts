import type { ErrorCode } from '../../core/errors.js';
import type { Contract } from '../contract.js';
import { html } from './html.js';
import { errorsTitle, page } from './page.js';

/** Each code: what became of the effect, and when it comes. */
const meanings: Readonly<Record<ErrorCode, readonly [outcome: string, when: string]>> = {
  failed: ['executed', 'The handler threw one of the errors that its action declares: see its name and data.'],
  invalid_request: ['not_executed', 'The schema refuses the request; the details name every issue.'],
  not_encrypted: ['not_executed', 'A secret field is no Fernet token, or none that the worker has the key of.'],
  too_large: ['not_executed', 'The body is larger than the worker takes.'],
  unknown_action: ['not_executed', 'The worker has no handler for it.'],
  forbidden: ['not_executed', 'The worker does not let this caller do it.'],
  key_mismatch: ['not_executed', 'The idempotency key was used for another request.'],
  deadlock: ['not_executed', 'A nested call needs what its own ancestor holds.'],
  unroutable: ['not_executed, retryable', 'There is no such address, or it does not answer this action.'],
  no_worker: ['not_executed, retryable', 'The address exists, and nobody serves it.'],
  rejected: ['not_executed, retryable', "The broker's queue is full."],
  busy: [
    'not_executed, retryable; or unknown',
    'A bound was reached. Unknown: the handler asked for later tries, in vain.',
  ],
  unavailable: ['not_executed, retryable; or unknown', 'No connection, no store, or a lock was lost.'],
  deadline_exceeded: ['not_executed or unknown', 'Not executed: it never started. Unknown: no reply came in time.'],
  cancelled: ['not_executed or unknown', 'The caller gave up.'],
  internal: ['executed, not_executed or unknown', "The worker failed; its log says why, by the error's id."],
  invalid_reply: ['executed', 'The reply does not fit the contract that the caller has.'],
  crashed: ['unknown', 'The worker crashed, and the action is not run again.'],
  poisoned: ['unknown', 'Every start ended with a crash.'],
};

export function errorsPage(contract: Contract): string {
  const main = html`<p class="crumb"><a href="index.html">All actions</a></p>
    <h1>${errorsTitle}</h1>
    <p>
      A failed call says what became of its effect: <code>executed</code>, <code>not_executed</code> or
      <code>unknown</code>. Retryable means: it did not run, and the reason passes.
    </p>
    <table role="table">
      <caption class="unseen">
        ${errorsTitle}
      </caption>
      <thead role="rowgroup">
        <tr role="row">
          <th role="columnheader" scope="col">Code</th>
          <th role="columnheader" scope="col">Outcome</th>
          <th role="columnheader" scope="col">When</th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${Object.entries(meanings).map(
          ([code, [outcome, when]]) =>
            html`<tr role="row">
              <th role="rowheader" scope="row"><code>${code}</code></th>
              <td role="cell" data-label="Outcome">${outcome}</td>
              <td role="cell" data-label="When">${when}</td>
            </tr> `,
        )}
      </tbody>
    </table>`;
  return page({ contract, title: errorsTitle, root: '', current: '', main });
}
