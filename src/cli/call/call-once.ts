import { systemClock } from '../../core/clock.js';
import { issuesOf, RpcError } from '../../core/errors.js';
import type { CommandParts } from '../command-parts.js';
import type { ConfigurationOptions } from '../configured.js';
import { clientOf } from '../secret-options.js';
import { exitCodes } from '../exit-codes.js';
import { readBody } from './body.js';
import { shownEnding } from './shown.js';
import { connect } from './connect.js';
import type { CallFlags } from './flags.js';
import { defaultTimeoutMs, makeCall, type CallEnding, type CallRequest } from './make-call.js';
import { overhear, type Overheard } from './overhear.js';
import { printableJson } from './printable.js';
import { errorDocument, exitCodeOf, failureLine, issueLines } from './report.js';
import { targetOf, type Target } from './target.js';

/** One call: the answer on standard output, a failure on standard error. Resolves to the exit code. */
export async function callOnce(
  name: string,
  flags: CallFlags & ConfigurationOptions,
  parts: CommandParts,
): Promise<number> {
  const { terminal, signal } = parts;
  const target = await targetOf(flags, parts);
  const { action, notes } = target.actionOf(name);
  const given = await readBody(flags.body ?? '', parts);
  const hint = target.hintFor(name);
  for (const note of [...(hint === undefined ? [] : [hint]), ...notes.unknownKeys(given)]) {
    terminal.writeError(`samovar: ${note}`);
  }
  const body = target.secretly(action, flags.defaults ? notes.withDefaults(given) : given);
  const parsed = action.request.safeParse(body);
  let heard: Overheard | undefined;
  let ending: CallEnding;
  if (parsed.success) {
    const to = target.addressOf(action, body, flags.to);
    const request = { action, to, body, key: flags.key, timeoutMs: flags.timeout };
    ending = shownEnding(await made(request, target, flags, signal, (on) => (heard = on)), flags);
  } else {
    const details = { errors: issuesOf(parsed.error) };
    ending = {
      error: new RpcError('invalid_request', 'the request is wrong, and was not sent', { details }),
      tookMs: 0,
    };
  }
  if (flags.json) terminal.write(JSON.stringify(documentOf(ending, heard)));
  else if ('data' in ending) terminal.write(flags.oneWay ? `sent ${heard?.id ?? ''}` : printableJson(ending.data, 2));
  if (!('error' in ending)) return exitCodes.ok;
  if (!flags.json) {
    terminal.writeError(`samovar: ${failureLine(ending.error, flags.key)}`);
    for (const line of issueLines(ending.error, body, notes.fields)) terminal.writeError(line);
  }
  return exitCodeOf(ending.error);
}

async function made(
  request: CallRequest,
  { connection, virtualHost }: Target,
  flags: CallFlags,
  signal: AbortSignal,
  onHeard: (heard: Overheard) => void,
): Promise<CallEnding> {
  const clock = systemClock;
  const startedMs = clock.monotonicMs();
  const timeoutMs = request.timeoutMs ?? defaultTimeoutMs;
  try {
    const transport = await connect(connection, { timeoutMs, inbox: 'exclusive', app: flags.app, signal });
    const heard = overhear(transport);
    onHeard(heard.heard);
    const client = clientOf(virtualHost, { transport: heard.transport, clock });
    try {
      const leftMs = Math.max(1, timeoutMs - (clock.monotonicMs() - startedMs));
      const isUnbounded = flags.oneWay && request.timeoutMs === undefined;
      return await makeCall(
        client,
        { ...request, timeoutMs: isUnbounded ? undefined : leftMs },
        { flags, clock, signal },
      );
    } finally {
      await client.close();
      await transport.close();
    }
  } catch (error) {
    if (error instanceof RpcError) return { error, tookMs: clock.monotonicMs() - startedMs };
    throw error;
  }
}

function documentOf(ending: CallEnding, heard: Overheard | undefined): Record<string, unknown> {
  const tookMs = Math.round(ending.tookMs * 1_000) / 1_000;
  const { id, message = 'Done' } = heard ?? {};
  if ('data' in ending) return { success: true, data: ending.data ?? null, message, tookMs, id };
  const { error } = ending;
  return {
    success: false,
    data: null,
    message: error.message,
    tookMs,
    id: error.id ?? id,
    error: errorDocument(error),
  };
}
