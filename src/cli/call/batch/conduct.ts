import { onAbort } from '../../../core/abort.js';
import type { Client } from '../../../core/client.js';
import type { Clock } from '../../../core/clock.js';
import type { Transport } from '../../../core/transport.js';
import type { CommandParts } from '../../command-parts.js';
import { exitCodes } from '../../exit-codes.js';
import type { CallFlags } from '../flags.js';
import { shortText } from '../printable.js';
import type { Target } from '../target.js';
import { createBrokerGate } from './broker-gate.js';
import { leaveOut, perform, type PerformParts } from './perform.js';
import { createProgress } from './progress.js';
import type { Reporter } from './reporter.js';
import { runBatch } from './run-batch.js';
import type { BatchSource } from './source.js';
import { createWorkerReturn } from './worker-return.js';

/** What is running when a batch is interrupted may still be answered. */
const graceMs = 5_000;

export interface ConductParts extends Pick<CommandParts, 'terminal' | 'signal' | 'insisted'> {
  /** Aborted here: nothing more is sent, and standard input is not read any more. */
  readonly stop: AbortController;
  readonly source: BatchSource;
  readonly reporter: Reporter;
  readonly transport: Transport;
  readonly client: Client;
  readonly target: Target;
  readonly flags: CallFlags;
  readonly action: string | undefined;
  readonly clock: Clock;
}

/** Makes the calls of a batch until its end, an interruption, an error that stops it, or a broker that stays away. */
export async function conduct(parts: ConductParts): Promise<void> {
  const { terminal, stop, source, reporter, client, flags, clock } = parts;
  const giveUp = new AbortController();
  const performing: PerformParts = {
    ...parts,
    signal: giveUp.signal,
    mayReturn: createWorkerReturn(parts.transport, clock),
    onNote: (text) => reporter.tell(text),
  };
  const total = terminal.redraw ? await source.count() : undefined;
  const progress = createProgress({ redraw: terminal.redraw, clock, tally: reporter.tally, total });
  let endGrace = (): void => undefined;
  let exitCodeOfLeftOut: number = exitCodes.ok;

  function interrupt(): void {
    stop.abort(new Error('interrupted before it was sent'));
    const { pending } = client.health();
    if (pending === 0) return;
    const calls = pending === 1 ? 'the call that runs' : `the ${pending} calls that run`;
    terminal.writeError(`samovar: interrupted; waiting up to 5 s for ${calls}, until Ctrl-C is pressed again`);
    endGrace = clock.after(graceMs, () => giveUp.abort());
  }

  const gate = createBrokerGate({
    transport: parts.transport,
    clock,
    signal: stop.signal,
    onAway(reason) {
      terminal.writeError(`samovar: waiting up to 5 min for the broker: ${shortText(reason, 500)}`);
      progress.note('waiting for the broker');
    },
    onBack: () => progress.note(''),
    onGivenUp() {
      exitCodeOfLeftOut = exitCodes.unavailable;
      stop.abort(new Error('the broker stayed away for 5 min'));
    },
  });

  const offs = [onAbort(parts.signal, interrupt), onAbort(parts.insisted, () => giveUp.abort())];
  try {
    await runBatch({
      lines: source.lines,
      parallel: flags.parallel ?? 16,
      stop,
      ready: gate,
      async handle(line) {
        const { record, exitCode } = stop.signal.aborted
          ? { record: leaveOut(line, reasonOf(stop.signal), performing), exitCode: exitCodeOfLeftOut }
          : await perform(line, performing);
        reporter.record(record, exitCode);
        progress.update();
        if (flags.stopOnError && exitCode !== exitCodes.ok) {
          stop.abort(new Error('a request before it failed (--stop-on-error)'));
        }
      },
    });
  } finally {
    offs.forEach((off) => off());
    endGrace();
    progress.end();
  }
}

function reasonOf({ reason }: AbortSignal): string {
  return reason instanceof Error ? reason.message : String(reason);
}
