import { silentLog, type Logger } from '../../src/index.js';

/** Hears how often a transport could not connect. */
export interface FailedDials {
  /** To give to the transport. */
  readonly log: Logger;
  /** In all, of all its connections. */
  readonly count: number;
}

export function countFailedDials(): FailedDials {
  let count = 0;
  return {
    log: { ...silentLog, warn: (_fields, message) => void (count += message === 'could not connect' ? 1 : 0) },
    get count() {
      return count;
    },
  };
}
