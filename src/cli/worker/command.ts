import { Option, type Command } from 'commander';
import type { LogLevel } from '../../config/settings.js';
import { systemClock } from '../../core/clock.js';
import { systemRandom } from '../../core/random.js';
import type { CommandParts } from '../command-parts.js';
import { addConfigurationOptions, configurationOf, type ConfigurationOptions } from '../configured.js';
import { UsageError } from '../failure.js';
import { createLog } from '../log/create-log.js';
import { openTransport } from '../open-transport.js';
import { versionOfPackage } from '../version.js';
import { workerHelp } from './help.js';
import { runWorker } from './run-worker.js';

interface WorkerOptions extends ConfigurationOptions {
  readonly logLevel?: LogLevel;
  readonly socket?: string;
}

const logLevels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

export function defineCommand(command: Command, parts: CommandParts): void {
  addConfigurationOptions(command)
    .addOption(new Option('--log-level <level>', 'what to log; info, or as configured').choices(logLevels))
    .option('--socket <path>', 'where to answer "samovar status", if not in the runtime folder')
    .addHelpText('after', workerHelp)
    .action(async (options: WorkerOptions) => parts.exitWith(await startWorker(options, parts)));
}

async function startWorker(options: WorkerOptions, parts: CommandParts): Promise<number> {
  const { env, cwd, signal, insisted } = parts;
  const levelOfEnv = logLevelOf(env);
  const configuration = await configurationOf(options, parts);
  const { stderr } = process;
  const log = createLog({
    level: options.logLevel ?? levelOfEnv ?? configuration.logLevel,
    stream: stderr,
    isTerminal: stderr.isTTY,
    isColoured: stderr.isTTY && !env['NO_COLOR'] && env['TERM'] !== 'dumb',
  });
  for (const warning of configuration.warnings) log.warn({}, warning);
  return runWorker(configuration, {
    ...{ env, cwd, signal, log, openTransport },
    ...(insisted && { insisted }),
    clock: systemClock,
    random: systemRandom,
    pid: process.pid,
    version: versionOfPackage(),
    socket: options.socket,
    events: process,
  });
}

function logLevelOf({ SAMOVAR_LOG_LEVEL: level }: NodeJS.ProcessEnv): LogLevel | undefined {
  if (level === undefined || level === '') return undefined;
  const known = logLevels.find((one) => one === level);
  if (known) return known;
  throw new UsageError(`expected SAMOVAR_LOG_LEVEL to be one of ${logLevels.join(', ')}, got ${JSON.stringify(level)}`);
}
