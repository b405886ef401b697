import type { Action, RequestOf } from 'samovar';
import type { echo } from '../echo.js';

/** One way to call a function of this very process through a contract. */
export interface InProcess {
  /** One echo, from the request to its answer. */
  call(request: RequestOf<typeof echo>): Promise<unknown>;
}

export interface OpenOptions extends Pick<Action, 'request' | 'response'> {
  /** Which of those that a module opens. */
  readonly variant: string;
  /** How much there is of what grows. */
  readonly size: number;
}

/** What a module exports that is measured in process; it lives as long as its process. */
export type Open = (options: OpenOptions) => InProcess | Promise<InProcess>;
