import type { Client } from '../../../core/client.js';
import { delay, type Clock } from '../../../core/clock.js';
import { exitCodes } from '../../exit-codes.js';
import type { CallFlags } from '../flags.js';
import { makeCall } from '../make-call.js';
import { exitCodeOf } from '../report.js';
import { shownEnding } from '../shown.js';
import type { Target } from '../target.js';
import type { BatchLine, LineRequest } from './lines.js';
import { answered, failed, invalidLine, notSent, type BatchRecord } from './record.js';

/** How often a worker is looked for that may come back. Nothing was executed: the call is made again. */
const lookEveryMs = 100;

export interface PerformParts {
  readonly client: Pick<Client, 'call' | 'send'>;
  readonly target: Target;
  readonly flags: CallFlags;
  /** For lines that name no action. */
  readonly action: string | undefined;
  readonly clock: Clock;
  /** Gives up what runs. */
  readonly signal: AbortSignal;
  /** Whether a worker that is not there may only not be back yet, as its broker is. */
  mayReturn(): boolean;
  /** A remark about the request. */
  onNote(text: string): void;
}

/** What became of a line, and what the command line would exit with after this call alone. */
export interface Performed {
  readonly record: BatchRecord;
  readonly exitCode: number;
}

/** Makes the call that a line asks for. Whatever is wrong with the line, or goes wrong, is in the record. */
export async function perform(line: BatchLine, parts: PerformParts): Promise<Performed> {
  if ('problem' in line) return { record: invalidLine(line, line.problem), exitCode: exitCodes.usage };
  try {
    return await performRequest(line, line.request, parts);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { record: invalidLine(line, message), exitCode: exitCodes.usage };
  }
}

async function performRequest(line: BatchLine, asked: LineRequest, parts: PerformParts): Promise<Performed> {
  const { client, target, flags, clock, signal } = parts;
  const name = asked.action ?? parts.action;
  if (name === undefined) throw new TypeError('expected "action", since the command names none');
  const { action, notes } = target.actionOf(name);
  const hint = target.hintFor(name);
  for (const note of [...(hint === undefined ? [] : [hint]), ...notes.unknownKeys(asked.body)]) {
    parts.onNote(`line ${line.number}: ${note}`);
  }
  const body = target.secretly(action, flags.defaults ? notes.withDefaults(asked.body) : asked.body);
  const to = target.addressOf(action, body, asked.to ?? flags.to);
  const place = { action: name, to };
  const request = { action, to, body, key: asked.key, timeoutMs: asked.timeoutMs ?? flags.timeout };
  let result = await makeCall(client, request, { flags, clock, signal });
  while ('error' in result && result.error.code === 'unroutable' && !signal.aborted && parts.mayReturn()) {
    await delay(clock, lookEveryMs, signal).catch(() => undefined);
    result = await makeCall(client, request, { flags, clock, signal });
  }
  const ending = shownEnding(result, flags);
  if ('error' in ending) {
    return { record: failed(line, place, ending.error, ending.tookMs), exitCode: exitCodeOf(ending.error) };
  }
  return { record: answered(line, place, ending.data, ending.tookMs, flags.oneWay === true), exitCode: exitCodes.ok };
}

/** The record of a line that was not sent for `reason`. */
export function leaveOut(line: BatchLine, reason: string, { action, flags }: PerformParts): BatchRecord {
  if (!('request' in line)) return notSent(line, {}, reason);
  const { request: asked } = line;
  return notSent(line, { action: asked.action ?? action, to: asked.to ?? flags.to }, reason);
}
