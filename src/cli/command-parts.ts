import type { Terminal } from './terminal.js';

/** What every command gets. */
export interface CommandParts {
  readonly terminal: Terminal;
  readonly env: NodeJS.ProcessEnv;
  /** The working folder; relative paths of the command line start here. */
  readonly cwd: string;
  readonly stdin: NodeJS.ReadStream;
  /** Aborts when whoever started the command wants it to end. */
  readonly signal: AbortSignal;
  /** Aborts when they insist, with a second signal: the process ends as soon as the listeners have returned. */
  readonly insisted?: AbortSignal;
  /** From now on only a third signal ends the process: once they insist, the command ends quickly by itself. */
  readonly linger?: () => void;
  /** Takes what the command shall exit with. */
  exitWith(code: number): void;
}
