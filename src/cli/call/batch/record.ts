import type { ErrorCode, Outcome, RpcError } from '../../../core/errors.js';
import { errorDocument } from '../report.js';
import type { BatchLine } from './lines.js';

/** What became of one line of a batch, as the results say it. */
export interface BatchRecord {
  readonly line: number;
  readonly id?: string | number;
  readonly action?: string | undefined;
  readonly to?: string | undefined;
  readonly code: 'ok' | ErrorCode | 'invalid_line' | 'not_sent';
  readonly outcome: Outcome;
  readonly tookMs?: number;
  readonly data?: unknown;
  readonly error?: Readonly<Record<string, unknown>>;
}

export interface Place {
  readonly action?: string | undefined;
  readonly to?: string | undefined;
}

export function answered(line: BatchLine, place: Place, data: unknown, tookMs: number, isOneWay: boolean): BatchRecord {
  // Of a one-way request nobody hears whether it has run.
  const outcome = isOneWay ? 'unknown' : 'executed';
  return { ...head(line, place), code: 'ok', outcome, tookMs: rounded(tookMs), data: data ?? null };
}

export function failed(line: BatchLine, place: Place, error: RpcError, tookMs: number): BatchRecord {
  const { code, outcome, ...rest } = errorDocument(error) as { code: ErrorCode; outcome: Outcome };
  return { ...head(line, place), code, outcome, tookMs: rounded(tookMs), error: rest };
}

export function invalidLine(line: BatchLine, message: string): BatchRecord {
  return { ...head(line, {}), code: 'invalid_line', outcome: 'not_executed', error: { message } };
}

export function notSent(line: BatchLine, place: Place, message: string): BatchRecord {
  return { ...head(line, place), code: 'not_sent', outcome: 'not_executed', error: { message } };
}

function head({ number, id }: BatchLine, { action, to }: Place) {
  return { line: number, ...(id !== undefined && { id }), action, to };
}

function rounded(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
