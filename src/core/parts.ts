import type { Authorize } from '../middleware/authorize.js';
import type { Deadlines } from '../middleware/deadline.js';
import type { ServerMiddleware } from '../middleware/execute.js';
import type { ObserveEnd, ObserveStage } from '../middleware/observe.js';
import type { WorkerSecrets } from '../middleware/secrets.js';
import type { IdempotencyStore } from '../stores/idempotency.js';
import type { LockProvider } from '../stores/lock.js';
import type { Client } from './client.js';
import type { Clock } from './clock.js';
import type { Counters } from './counters.js';
import type { Identities } from './identity.js';
import type { InHand } from './in-hand.js';
import type { Logger } from './log.js';
import type { Random } from './random.js';
import type { Results } from './result.js';
import type { Slots } from './slots.js';
import type { WaitingRoom } from './waiting-room.js';

/** What the steps of a worker share. Each names the few that it needs: `Pick<WorkerParts, 'slots' | 'inHand'>`. */
export interface WorkerParts {
  readonly inHand: InHand;
  readonly slots: Slots;
  readonly room: WaitingRoom;
  readonly locks: LockProvider;
  readonly store: IdempotencyStore;
  readonly identities: Identities;
  readonly results: Results;
  readonly deadlines: Deadlines;
  readonly authorize: Authorize | undefined;
  /** Undefined for a worker without keys: none of its actions has secrets. */
  readonly secrets: WorkerSecrets | undefined;
  readonly middleware: readonly ServerMiddleware[];
  readonly observe: ObserveStage;
  readonly observeEnd: ObserveEnd;
  readonly counters: Counters;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly lockWaitMs: number;
  readonly maxStarts: number;
  readonly clockSkewMs: number;
  readonly maxBodyBytes: number;
  /** The transport's `attempt` also counts deliveries that ended with a crash. */
  readonly countsAttempts: boolean;
  /** The client that nested calls go through, made when first asked for. */
  readonly client: () => Client;
}
