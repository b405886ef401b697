import type { Client } from './client.js';
import type { Clock } from './clock.js';
import type { Handler } from './handler.js';
import type { Logger } from './log.js';

/** What the set-up of a handler module gets from the worker that loads it, once for each virtual host. */
export interface HandlerSetup<Settings = unknown> {
  /** What the worker's configuration says for this module, as the module's exported `settings` schema parsed it. */
  readonly settings: Settings;
  readonly log: Logger;
  /** For calls that are made for no request; within `run`, use the client of its context. */
  readonly client: Client;
  readonly clock: Clock;
  /** Aborts as soon as the worker begins to stop: the time to end work in the background. */
  readonly signal: AbortSignal;
  /** Has `task` done after the last handler has ended, the last registered one first; also if a later set-up fails. */
  onStop(this: void, task: () => void | Promise<void>): void;
}

/**
 * The default export of a handler module: handlers, or the function that sets them up. Beside it, the module may export
 * a zod schema called `settings`. A set-up that throws fails the start of the worker.
 */
export type HandlerModule<Settings = unknown> =
  readonly Handler[] | ((setup: HandlerSetup<Settings>) => readonly Handler[] | Promise<readonly Handler[]>);
