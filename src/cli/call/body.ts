import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isTooDeep } from '../../core/json.js';
import { isRecord } from '../../core/reply.js';
import type { CommandParts } from '../command-parts.js';
import { UsageError } from '../failure.js';
import { utf8Of } from '../utf8.js';
import { jsonProblem } from './json-problem.js';

/** The request given as JSON, as `-` (standard input) or as `@file`. @throws UsageError unless it is a JSON object. */
export async function readBody(
  given: string,
  { cwd, stdin }: Pick<CommandParts, 'cwd' | 'stdin'>,
): Promise<Record<string, unknown>> {
  if (given === '-') return parseBody(await textOf(stdin), 'standard input');
  if (!given.startsWith('@')) return parseBody(given, '--body');
  const path = resolve(cwd, given.slice(1));
  try {
    return parseBody(utf8Of(await readFile(path), path), path);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`expected --body to name a file that can be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

async function textOf(stream: AsyncIterable<Buffer | string>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return utf8Of(Buffer.concat(chunks), 'standard input');
}

function parseBody(text: string, from: string): Record<string, unknown> {
  let body: unknown;
  try {
    body = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new UsageError(`expected ${from} to be JSON: ${jsonProblem(error)}`);
  }
  if (!isRecord(body)) throw new UsageError(`expected ${from} to be a JSON object, got ${kindOf(body)}`);
  if (isTooDeep(text)) throw new UsageError(`expected ${from} to be nested 64 levels deep at most`);
  return body;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  return value === null ? 'null' : `a ${typeof value}`;
}
