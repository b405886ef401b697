import { z } from 'zod';
import { isLegalKey } from '../../../core/headers.js';
import { isTooDeep } from '../../../core/json.js';
import { isRecord } from '../../../core/reply.js';
import { parseDuration } from '../duration.js';
import { jsonProblem } from '../json-problem.js';

/** A line of the file: what it asks for, or what is wrong with it. */
export type BatchLine = { readonly number: number; readonly id?: string | number } & (
  { readonly request: LineRequest } | { readonly problem: string }
);

export interface LineRequest {
  readonly action?: string | undefined;
  readonly to?: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
  readonly key?: string | undefined;
  readonly timeoutMs?: number | undefined;
}

/** Longer ones are no requests: a file without line breaks must not fill the memory. */
const longestLine = 16 * 1024 * 1024;

const line = z.strictObject({
  action: z.string().min(1).optional(),
  to: z.string().min(1).optional(),
  body: z.custom<Record<string, unknown>>(isRecord, 'expected an object'),
  key: z.string().refine(isLegalKey, 'expected 1 to 255 printable ASCII characters').optional(),
  timeout: z
    .string()
    .refine((text) => parseDuration(text) !== undefined, 'expected a duration such as 500ms, 5s or 2m')
    .optional(),
  id: z.union([z.string(), z.number()]).optional(),
});

/** The lines of a stream of NDJSON, one after the other as they are asked for; empty ones are left out. */
export async function* batchLines(stream: AsyncIterable<Buffer | string>): AsyncGenerator<BatchLine, void> {
  let number = 0;
  for await (const bytes of byteLines(stream)) {
    number += 1;
    const text = bytes && textOf(bytes);
    if (!bytes) yield { number, problem: `expected at most ${longestLine} bytes` };
    else if (text === undefined) yield { number, problem: 'expected UTF-8, got other bytes' };
    else if (text.trim() !== '') yield { number, ...readLine(text) };
  }
}

/** The bytes of each line, whose characters may come in several chunks; undefined stands for one that is too long. */
async function* byteLines(stream: AsyncIterable<Buffer | string>): AsyncGenerator<Buffer | undefined, void> {
  let rest: Buffer[] = [];
  let length = 0;
  function take(part: Buffer): void {
    length += part.length;
    if (length > longestLine) rest = [];
    else rest.push(part);
  }
  function line(): Buffer | undefined {
    const whole = length > longestLine ? undefined : Buffer.concat(rest);
    rest = [];
    length = 0;
    return whole;
  }
  for await (const chunk of stream) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    let from = 0;
    for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, from)) {
      take(bytes.subarray(from, end));
      yield line();
      from = end + 1;
    }
    take(bytes.subarray(from));
  }
  if (length > 0) yield line();
}

function textOf(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function readLine(text: string): { readonly id?: string | number } & ({ request: LineRequest } | { problem: string }) {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return { problem: `expected JSON: ${jsonProblem(error)}` };
  }
  const named = isRecord(json) ? line.shape.id.safeParse(json['id']).data : undefined;
  const id = named === undefined ? {} : { id: named };
  if (isTooDeep(text)) return { ...id, problem: 'expected at most 64 levels' };
  const parsed = line.safeParse(json);
  if (!parsed.success) {
    const issues = parsed.error.issues.map(
      ({ path, message }) => `${path.map(String).join('.') || 'the line'}: ${message}`,
    );
    return { ...id, problem: issues.join('; ') };
  }
  const { timeout, action, to, body, key } = parsed.data;
  const timeoutMs = timeout === undefined ? undefined : parseDuration(timeout);
  return { ...id, request: { action, to, body, key, timeoutMs } };
}
