import type { Quarantine, QuarantineChange, QuarantineReport } from '../../core/quarantine.js';
import type { CommandParts } from '../command-parts.js';
import { exitCodes } from '../exit-codes.js';
import type { Selection } from './selection.js';

export interface ChangeWords {
  /** As in `redriven`. */
  readonly done: string;
  /** As in `to be redriven`. */
  readonly planned: string;
}

/** Redrives or purges, and says how far it came. Resolves to the exit code. */
export async function change(
  work: (options: QuarantineChange) => ReturnType<Quarantine['purge']>,
  { selection, json, dryRun }: { readonly selection: Selection; readonly json: boolean; readonly dryRun: boolean },
  words: ChangeWords,
  { terminal, signal }: Pick<CommandParts, 'terminal' | 'signal'>,
): Promise<number> {
  let done = 0;
  let report: QuarantineReport;
  try {
    report = await work({
      ...selection,
      ...{ dryRun, signal },
      onProgress(progress) {
        done = progress.done;
        terminal.redraw?.(`${progress.looked} of ${progress.total} looked at, ${done} ${words.done}`);
      },
    });
  } catch (error) {
    if (done > 0 && !dryRun)
      terminal.writeError(`samovar: ${done} ${words.done} before it failed; the rest is where it was`);
    throw error;
  } finally {
    terminal.redraw?.('');
  }
  if (json) terminal.write(JSON.stringify(report));
  else {
    terminal.write(`${report.done} ${dryRun ? words.planned : words.done}, of ${report.total} set aside`);
    if (report.expired > 0) {
      terminal.writeError(
        `samovar: ${report.expired} calls stay: their deadline has passed, and nobody waits; --without-reply runs them`,
      );
    }
    if (!report.isComplete) terminal.writeError('samovar: interrupted; the rest is where it was');
  }
  const missing = new Set(selection.ids).size - report.done - report.expired;
  if (missing > 0 && report.isComplete)
    terminal.writeError(`samovar: ${missing} of the requests named by --id not found`);
  return report.expired > 0 || !report.isComplete || missing > 0 ? exitCodes.failed : exitCodes.ok;
}
