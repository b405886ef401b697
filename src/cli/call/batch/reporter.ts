import { exitCodes } from '../../exit-codes.js';
import type { Terminal } from '../../terminal.js';
import { shortText } from '../printable.js';
import type { BatchRecord } from './record.js';
import type { ResultsFile } from './results-file.js';
import { createTally, type Tally } from './tally.js';

/** Says what becomes of a batch while it runs, and what it exits with. */
export interface Reporter {
  readonly tally: Tally;
  /** The worst there was. */
  readonly exitCode: number;
  /** @throws whatever keeps the results from being written. */
  record(record: BatchRecord, exitCode: number): void;
  /** A remark on standard error, as long as there are not too many. */
  tell(text: string): void;
  summary(tookMs: number): void;
}

/** Failures and remarks that are told one by one; the results tell all. */
const mostTold = 20;
/** The worst first. */
const severity: readonly number[] = [
  exitCodes.configuration,
  exitCodes.failed,
  exitCodes.usage,
  exitCodes.unavailable,
  exitCodes.temporary,
];

export function createReporter(parts: {
  readonly terminal: Terminal;
  readonly results: ResultsFile | undefined;
  /** Each record on standard output, and nothing else there. */
  readonly json: boolean;
}): Reporter {
  const { terminal, results, json } = parts;
  const tally = createTally();
  const seen = new Set<number>();
  let told = 0;

  function tell(text: string): void {
    told += 1;
    if (told <= mostTold) terminal.writeError(`samovar: ${shortText(text, 1_000)}`);
    if (told === mostTold + 1) terminal.writeError('samovar: there is more, which is not told here; see the results');
  }

  return {
    tally,
    get exitCode() {
      return severity.find((exitCode) => seen.has(exitCode)) ?? exitCodes.ok;
    },
    record(record, exitCode) {
      tally.add(record);
      seen.add(exitCode);
      if (json) terminal.write(JSON.stringify(record));
      else if (record.code !== 'ok' && record.code !== 'not_sent') tell(whatFailed(record));
      results?.write(record);
    },
    tell,
    summary(tookMs) {
      const write = json ? terminal.writeError : terminal.write;
      for (const line of tally.lines(tookMs)) write(line);
    },
  };
}

function whatFailed({ line, code, outcome, error }: BatchRecord): string {
  const { name, data, message } = error ?? {};
  const what = typeof name === 'string' ? `${name} ${JSON.stringify(data)}` : String(message);
  return `line ${line}: ${code} (${outcome}): ${what}`;
}
