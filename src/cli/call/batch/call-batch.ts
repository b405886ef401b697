import { systemClock } from '../../../core/clock.js';
import { RpcError } from '../../../core/errors.js';
import type { CommandParts } from '../../command-parts.js';
import type { ConfigurationOptions } from '../../configured.js';
import { clientOf } from '../../secret-options.js';
import { connect } from '../connect.js';
import type { CallFlags } from '../flags.js';
import { defaultTimeoutMs } from '../make-call.js';
import { exitCodeOf, failureLine } from '../report.js';
import { targetOf } from '../target.js';
import { conduct } from './conduct.js';
import { createReporter } from './reporter.js';
import { openResultsFile } from './results-file.js';
import { batchSource } from './source.js';

/** Makes the calls of a file. Resolves to the exit code: that of the call that went worst. */
export async function callBatch(
  action: string | undefined,
  flags: CallFlags & ConfigurationOptions,
  parts: CommandParts,
): Promise<number> {
  const { terminal, signal, cwd } = parts;
  // What was not sent has still to be told when somebody does not want to wait for what runs.
  parts.linger?.();
  const clock = systemClock;
  const target = await targetOf(flags, parts);
  const stop = new AbortController();
  const source = await batchSource(flags.batch ?? '-', { ...parts, stop: stop.signal });
  const results = flags.results === undefined ? undefined : openResultsFile(flags.results, cwd);
  const reporter = createReporter({ terminal, results, json: flags.json === true });
  const closing: (() => unknown)[] = [() => results?.close()];
  try {
    // Durable: what is under way when the connection is cut is answered on the next one.
    const timeoutMs = flags.timeout ?? defaultTimeoutMs;
    const transport = await connect(target.connection, { timeoutMs, inbox: 'durable', app: flags.app, signal });
    closing.push(() => transport.close());
    const client = clientOf(target.virtualHost, { transport, clock, maxPendingCalls: flags.parallel ?? 16 });
    closing.push(() => client.close());
    const startedMs = clock.monotonicMs();
    try {
      await conduct({ ...parts, stop, source, reporter, transport, client, target, flags, action, clock });
    } finally {
      reporter.summary(clock.monotonicMs() - startedMs);
    }
    return reporter.exitCode;
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    terminal.writeError(`samovar: ${failureLine(error, undefined)}; nothing was sent`);
    return exitCodeOf(error);
  } finally {
    for (const close of closing.reverse()) await close();
  }
}
