import { systemClock } from '../../core/clock.js';
import { RpcError } from '../../core/errors.js';
import type { CallOutcome } from '../../core/outcome.js';
import { connect } from '../call/connect.js';
import { printableJson, shortText } from '../call/printable.js';
import { errorDocument, exitCodeOf, failureLine } from '../call/report.js';
import { shownOutcome } from '../call/shown.js';
import { targetOf } from '../call/target.js';
import type { CommandParts } from '../command-parts.js';
import type { ConfigurationOptions } from '../configured.js';
import { exitCodes } from '../exit-codes.js';
import { clientOf } from '../secret-options.js';

/** The options of `samovar outcome`, beside those that say where the broker and the handlers are. */
export interface OutcomeFlags {
  readonly key: string;
  readonly to?: string;
  /** Epoch milliseconds. */
  readonly deadline?: number;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly json?: boolean;
  readonly reveal?: boolean;
  readonly keysFile?: string;
}

/** One question: what became of the call on standard output, why it failed on standard error. Resolves to the exit code. */
export async function askOnce(
  name: string,
  flags: OutcomeFlags & ConfigurationOptions,
  parts: CommandParts,
): Promise<number> {
  const { terminal, signal } = parts;
  const target = await targetOf(flags, parts);
  const { action } = target.actionOf(name);
  const { to: own, ...unaddressed } = action;
  // A function of the request cannot tell.
  const to = target.addressOf(typeof own === 'function' ? unaddressed : action, {}, flags.to);
  const hint = target.hintFor(name);
  if (hint !== undefined) terminal.writeError(`samovar: ${hint}`);

  const startedMs = systemClock.monotonicMs();
  const timeoutMs = flags.timeout ?? 30_000;
  const outcome = shownOutcome(await asked(), flags);
  if (flags.json) terminal.write(JSON.stringify(documentOf(outcome)));
  else {
    terminal.write(outcome.state);
    if (outcome.state === 'succeeded') terminal.write(printableJson(outcome.value, 2));
    if (outcome.state === 'failed') terminal.writeError(`samovar: ${failureLine(outcome.error, flags.key)}`);
    if (outcome.state === 'unknown' && outcome.reason) terminal.writeError(`samovar: ${reasonLine(outcome.reason)}`);
  }
  return exitCodeFor(outcome);

  async function asked(): Promise<CallOutcome> {
    try {
      const transport = await connect(target.connection, { timeoutMs, inbox: 'exclusive', app: undefined, signal });
      const client = clientOf(target.virtualHost, { transport });
      try {
        const leftMs = Math.max(1, timeoutMs - (systemClock.monotonicMs() - startedMs));
        return await client.outcome(action, flags.key, { to, timeoutMs: leftMs, signal, deadline: flags.deadline });
      } finally {
        await client.close();
        await transport.close();
      }
    } catch (thrown) {
      if (thrown instanceof RpcError) return { state: 'unknown', reason: thrown };
      throw thrown;
    }
  }
}

/** Without its outcome, which is that of the question. */
function reasonLine({ code, message }: RpcError): string {
  return `the question has no answer: ${code}: ${shortText(message, 1_000)}`;
}

function documentOf(outcome: CallOutcome): Record<string, unknown> {
  const { state } = outcome;
  if (state === 'succeeded') return { state, value: outcome.value ?? null };
  if (state === 'failed') return { state, error: errorDocument(outcome.error) };
  if (state !== 'unknown' || !outcome.reason) return { state };
  const { code, message } = outcome.reason;
  return { state, reason: { code, message } };
}

function exitCodeFor(outcome: CallOutcome): number {
  switch (outcome.state) {
    case 'succeeded':
      return exitCodes.ok;
    case 'failed':
      return exitCodes.failed;
    case 'not_executed':
      return exitCodes.notExecuted;
    case 'running':
      return exitCodes.temporary;
    case 'unknown': {
      if (!outcome.reason) return exitCodes.temporary;
      const exitCode = exitCodeOf(outcome.reason);
      // That a question was refused is no failure of the call.
      return exitCode === exitCodes.failed ? exitCodes.unavailable : exitCode;
    }
  }
}
