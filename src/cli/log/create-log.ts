import { pino, type Level } from 'pino';
import { systemClock, type Clock } from '../../core/clock.js';
import type { Logger } from '../../core/log.js';
import { describeError } from './describe-error.js';
import { readableLine } from './readable-line.js';

/** The log of the command line. */
export interface CommandLog extends Logger {
  /** A log whose lines all carry `fields`. */
  child(fields: object): CommandLog;
}

export interface LogOptions {
  readonly level: Level;
  readonly stream: { write(text: string): unknown };
  /** One readable line for each, in place of JSON. */
  readonly isTerminal: boolean;
  /** On a terminal only. */
  readonly isColoured?: boolean;
  readonly clock?: Clock;
}

/** JSON lines (time, level, fields, msg), or readable ones for a person. Errors are written with stack and causes. */
export function createLog({
  level,
  stream,
  isTerminal,
  isColoured = false,
  clock = systemClock,
}: LogOptions): CommandLog {
  const readable = {
    write: (line: string) => void stream.write(readableLine(JSON.parse(line) as Record<string, unknown>, isColoured)),
  };
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date(clock.now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError, error: describeError },
    },
    isTerminal ? readable : stream,
  );
}
