import type { Logger } from '../../core/log.js';

export interface StrayErrors {
  /** Rejections that nobody awaited, so far. */
  readonly rejections: number;
  stop(): void;
}

/**
 * Errors that belong to no request. A rejection that nobody awaited has skipped nothing of Samovar's, and a request
 * that causes one may come again and again: it is logged and counted, and the worker serves on, or one handler's
 * mistake would take every virtual host down. An exception that nobody caught may have left anything half done: after
 * that the worker drains and ends, for its service manager to start a sound one.
 */
export function watchStrayErrors(
  events: Pick<NodeJS.EventEmitter, 'on' | 'off'>,
  { log, onException }: { readonly log: Logger; readonly onException: () => void },
): StrayErrors {
  let rejections = 0;

  function onRejection(err: unknown): void {
    rejections++;
    log.error({ err }, 'a promise was rejected and nobody awaited it; look for a missing await in a handler');
  }
  function onUncaught(err: unknown): void {
    log.error({ err }, 'an exception was caught by nobody; the worker stops');
    onException();
  }
  events.on('unhandledRejection', onRejection);
  events.on('uncaughtException', onUncaught);
  return {
    get rejections() {
      return rejections;
    },
    stop() {
      events.off('unhandledRejection', onRejection);
      events.off('uncaughtException', onUncaught);
    },
  };
}
