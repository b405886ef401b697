import { fileURLToPath } from 'node:url';
import { runScript, type RunScriptOptions, type ScriptProcess } from './process.js';

/** One JSON line of the log. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly virtualHost?: string;
  readonly [field: string]: unknown;
}

/** The command line, in a process of its own. */
export interface SamovarProcess extends ScriptProcess {
  /** All of its log so far, where that is JSON: standard error in a pipe. */
  readonly log: readonly LogLine[];
  /** The first line of the log with that message, past or future. Rejects as `waitForLine` does. */
  waitForLog(message: string | RegExp): Promise<LogLine>;
}

export type SamovarOptions = Omit<RunScriptOptions, 'args'>;

const main = new URL('../../src/cli/main.ts', import.meta.url);
const tsconfig = fileURLToPath(new URL('../../tsconfig.json', import.meta.url));

/**
 * Starts `samovar ...args` from the sources; `samovar` and its parts are the sources in any working folder. Of the
 * variables that Samovar reads it gets only those of `options.env`.
 */
export function runSamovar(args: readonly string[], options: SamovarOptions = {}): SamovarProcess {
  const inherited = Object.keys(process.env).filter((name) =>
    /^(SAMOVAR_|CONFIG_FILE_PATH$|NOTIFY_SOCKET$|RUNTIME_DIRECTORY$|NO_COLOR$|FORCE_COLOR$)/.test(name),
  );
  const env = {
    ...Object.fromEntries(inherited.map((name) => [name, undefined])),
    TSX_TSCONFIG_PATH: tsconfig,
    ...options.env,
  };
  const child = runScript(main, { ...options, args, env });
  const logged = () => child.stderr.split('\n').flatMap((line) => parse(line) ?? []);
  // `child.stderr` is a getter: a copy would stand still.
  return Object.create(child, {
    log: { get: logged },
    waitForLog: {
      value: async (message: string | RegExp) => {
        const isIt = (line: LogLine | undefined) =>
          line !== undefined && (typeof message === 'string' ? line.msg === message : message.test(line.msg));
        const wanted = { test: (line: string) => isIt(parse(line)), toString: () => `to its log: ${String(message)}` };
        return parse(await child.waitForErrorLine(wanted)) as LogLine;
      },
    },
  }) as SamovarProcess;
}

function parse(line: string): LogLine | undefined {
  try {
    const parsed: unknown = JSON.parse(line);
    return typeof parsed === 'object' && parsed !== null && 'msg' in parsed ? (parsed as LogLine) : undefined;
  } catch {
    return undefined;
  }
}
