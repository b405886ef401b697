import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { guardian } from './guardian.js';

export interface ScriptExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A text that the line has in it, or what tests it. */
export type LinePattern = string | { test(line: string): boolean; toString(): string };

/** A program of the tests, running in a process of its own. */
export interface ScriptProcess {
  readonly pid: number;
  /** All complete lines it has written to standard output so far. */
  readonly lines: readonly string[];
  /** All it has written to standard error so far. */
  readonly stderr: string;
  /**
   * The first line that matches, past or future. Rejects with its standard error if it ends before, and with the
   * signal's reason.
   */
  waitForLine(wanted: LinePattern, options?: { readonly signal?: AbortSignal }): Promise<string>;
  /** The same for standard error. */
  waitForErrorLine(wanted: LinePattern, options?: { readonly signal?: AbortSignal }): Promise<string>;
  /** Writes a line to its standard input. */
  writeLine(line: string): void;
  kill(signal: NodeJS.Signals): void;
  /** SIGKILL, and waits until it is gone. */
  kill9(): Promise<ScriptExit>;
  /** Resolves when it has ended, however. */
  readonly exited: Promise<ScriptExit>;
}

export interface RunProgramOptions {
  readonly args?: readonly string[];
  /** On top of this process's environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Its working folder; this process's by default. */
  readonly cwd?: string;
}

export interface RunScriptOptions extends RunProgramOptions {
  /** Node's own options, for example `--max-old-space-size=64`. */
  readonly nodeOptions?: readonly string[];
}

/** By its place: where the script runs, there may be none. */
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** Starts `node --import tsx file`; one process, so signals reach it. It is killed if this process dies first. */
export function runScript(file: string | URL, options: RunScriptOptions = {}): ScriptProcess {
  const path = file instanceof URL ? file.pathname : file;
  const args = [...(options.nodeOptions ?? []), '--import', tsx, path, ...(options.args ?? [])];
  return runProgram(process.execPath, { ...options, args });
}

/** Starts a program. It is killed if this process dies first. */
export function runProgram(program: string, { args = [], env, cwd }: RunProgramOptions = {}): ScriptProcess {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'], cwd });
  const command = [program, ...args].join(' ');
  const { pid } = child;
  if (pid === undefined) throw new Error(`expected ${command} to start, got no process`);
  guardian().watch(pid);

  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => undefined);
  // 'close' comes after the last output, 'exit' may come before.
  const exited = once(child, 'close').then(([code, signal]: unknown[]) => {
    guardian().forget(pid);
    return { code: code as number | null, signal: signal as NodeJS.Signals | null };
  });

  const out = watchLines(child.stdout);
  const errors = watchLines(child.stderr);
  const waitFor =
    (watched: WatchedLines): ScriptProcess['waitForLine'] =>
    async (wanted, { signal } = {}) => {
      const matches = (line: string) => (typeof wanted === 'string' ? line.includes(wanted) : wanted.test(line));
      return new Promise((resolve, reject) => {
        const look = () => {
          const line = watched.lines.find(matches);
          if (line !== undefined) stop(() => resolve(line));
        };
        const stop = (settle: () => void) => {
          watched.onLine.delete(look);
          signal?.removeEventListener('abort', onAbort);
          settle();
        };
        const onAbort = () => stop(() => reject(signal?.reason as Error));
        watched.onLine.add(look);
        signal?.addEventListener('abort', onAbort);
        look();
        void exited.then(({ code, signal: by }) =>
          stop(() => {
            reject(
              new Error(`expected ${command} to write ${String(wanted)}, got its end (${by ?? code}):\n${stderr}`),
            );
          }),
        );
      });
    };

  return {
    pid,
    lines: out.lines,
    get stderr() {
      return stderr;
    },
    waitForLine: waitFor(out),
    waitForErrorLine: waitFor(errors),
    writeLine: (line) => void child.stdin.write(`${line}\n`),
    kill: (signal) => void child.kill(signal),
    async kill9() {
      child.kill('SIGKILL');
      return exited;
    },
    exited,
  };
}

interface WatchedLines {
  readonly lines: readonly string[];
  readonly onLine: Set<() => void>;
}

function watchLines(stream: Readable): WatchedLines {
  const lines: string[] = [];
  const onLine = new Set<() => void>();
  createInterface({ input: stream }).on('line', (line) => {
    lines.push(line);
    onLine.forEach((look) => look());
  });
  return { lines, onLine };
}
