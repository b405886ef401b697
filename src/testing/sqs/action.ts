import type { Clock } from '../../core/clock.js';
import type { Account } from './account.js';
import type { Fields } from './fields.js';

/** Who calls, and under which address. */
export interface Caller {
  readonly accessKeyId: string;
  readonly senderId: string;
  /** What the URLs of queues begin with, as this caller can reach them. */
  readonly baseUrl: string;
}

export interface ActionContext {
  readonly account: Account;
  readonly caller: Caller;
  readonly clock: Clock;
}

/** One call of the API: what it answers, or throws as an SqsServiceError. */
export type Action = (input: Fields, context: ActionContext) => object | Promise<object>;
