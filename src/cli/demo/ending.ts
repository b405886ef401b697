import { isDeepStrictEqual } from 'node:util';
import { RpcError } from '../../core/errors.js';
import type { Expectation, ScriptedCall } from './script.js';

/** How a call of the demo ended. */
export interface Ending {
  readonly call: ScriptedCall;
  readonly tookMs: number;
  readonly result: { readonly answer: unknown } | { readonly error: RpcError };
}

/** What differs from what was expected; undefined if nothing does. `named`: the endings of the calls that have names. */
export function differenceOf({ call, result }: Ending, named: ReadonlyMap<string, Ending>): string | undefined {
  const { expect } = call;
  if ('error' in result) return errorDifference(expect, result.error);
  if (!('answer' in expect)) return `expected ${expect.code}, got an answer`;
  if (!holds(result.answer, expect.answer)) return `expected an answer with ${JSON.stringify(expect.answer)}`;
  if (
    expect.sameAnswerAs !== undefined &&
    !isDeepStrictEqual(result.answer, answerOf(named.get(expect.sameAnswerAs)))
  ) {
    return `expected the same answer as ${expect.sameAnswerAs}`;
  }
  if (expect.notWhile !== undefined && !ranApart(result.answer, answerOf(named.get(expect.notWhile)))) {
    return `expected not to run while ${expect.notWhile} did`;
  }
  return undefined;
}

function errorDifference(expect: Expectation, error: RpcError): string | undefined {
  if ('answer' in expect) return 'expected an answer';
  const { code, outcome, declared } = expect;
  if (error.code === code && error.outcome === outcome && error.declared?.name === declared) return undefined;
  return `expected ${code} (${outcome})${declared === undefined ? '' : `, ${declared}`}`;
}

function answerOf(ending: Ending | undefined): unknown {
  return ending && 'answer' in ending.result ? ending.result.answer : undefined;
}

function holds(value: unknown, part: unknown): boolean {
  if (!isRecord(part) || !isRecord(value)) return isDeepStrictEqual(value, part);
  return Object.entries(part).every(([key, wanted]) => holds(value[key], wanted));
}

function ranApart(one: unknown, other: unknown): boolean {
  const [a, b] = [spanOf(one), spanOf(other)];
  return a !== undefined && b !== undefined && (a.endMs <= b.startMs || b.endMs <= a.startMs);
}

function spanOf(answer: unknown): { readonly startMs: number; readonly endMs: number } | undefined {
  if (!isRecord(answer)) return undefined;
  const [startMs, endMs] = [Date.parse(String(answer['startedAt'])), Date.parse(String(answer['readyAt']))];
  return Number.isNaN(startMs) || Number.isNaN(endMs) ? undefined : { startMs, endMs };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
