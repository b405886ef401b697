import type { Clock } from '../../core/clock.js';
import type { Logger } from '../../core/log.js';

const silenceMs = 300_000;

/**
 * For a transport that tries to connect again and again: a warning about a connection is written when it is new, or
 * five minutes after it was written last, and is a line of level debug in between. News of the connection make its
 * warnings new.
 */
export function rarely(log: Logger, clock: Clock): Logger {
  const written = new Map<string, { readonly connection: unknown; readonly atMs: number }>();

  return {
    debug: (fields, message) => log.debug(fields, message),
    error: (fields, message) => log.error(fields, message),
    info(fields, message) {
      const { connection } = fields as { connection?: unknown };
      for (const [key, warning] of written) if (warning.connection === connection) written.delete(key);
      log.info(fields, message);
    },
    warn(fields, message) {
      const { connection, reason } = fields as { connection?: unknown; reason?: unknown };
      if (connection === undefined) {
        log.warn(fields, message);
        return;
      }
      const key = JSON.stringify([message, connection, reason]);
      const nowMs = clock.monotonicMs();
      const last = written.get(key);
      if (last && nowMs - last.atMs < silenceMs) {
        log.debug(fields, message);
        return;
      }
      // Few differ; a text that changes each time must not fill the memory.
      if (written.size >= 100) written.clear();
      written.set(key, { connection, atMs: nowMs });
      log.warn(fields, message);
    },
  };
}
