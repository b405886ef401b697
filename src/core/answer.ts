import type { RpcError } from './errors.js';
import { encodeFailure } from './reply.js';
import type { Disposition } from './transport.js';

/** A reply's text, and the error in it where it is one. */
export interface Answer {
  readonly body: string;
  readonly error?: RpcError;
}

/** How a request ended: what its caller is told (if one waits), and how its delivery is settled. */
export interface Result {
  readonly answer?: Answer;
  readonly disposition: Disposition;
}

export const ack: Disposition = Object.freeze({ kind: 'ack' });
export const giveBack: Disposition = Object.freeze({ kind: 'return' });

/** Says that another run has the key: slot and locks are given back, and the call looks at the record again. */
export const again: Result = Object.freeze({ disposition: giveBack });

/** @throws TypeError if JSON has no form for the error's data. */
export function answerOf(error: RpcError, id: string): Answer {
  return { body: encodeFailure(error, id), error };
}

/** True for what a repeat of the request shall hear, too: a value or a declared error. */
export function isFinal({ answer, disposition }: Result): boolean {
  return disposition.kind === 'ack' && answer !== undefined && (!answer.error || answer.error.code === 'failed');
}
