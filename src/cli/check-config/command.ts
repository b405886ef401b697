import { ConfigurationError } from '../../config/configuration-error.js';
import { configurationJsonSchema } from '../../config/json-schema.js';
import type { Configuration } from '../../config/settings.js';
import type { CommandParts } from '../command-parts.js';
import type { Command } from 'commander';
import { addConfigurationOptions, configurationOf, type ConfigurationOptions } from '../configured.js';
import { exitCodes } from '../exit-codes.js';
import { failureOf } from '../failure.js';
import { setUpOnce } from './set-up-once.js';
import { summaryLines, summaryOf } from './summary.js';

export interface CheckConfigOptions extends Omit<ConfigurationOptions, 'handlers'> {
  /** False: leave the handler modules alone. */
  readonly handlers?: readonly string[] | false;
  readonly json?: boolean;
  readonly printSchema?: boolean;
}

export function defineCommand(command: Command, parts: CommandParts): void {
  addConfigurationOptions(command)
    .option('--no-handlers', 'do not load the handler modules')
    .option('--json', 'one JSON document on standard output')
    .option('--print-schema', 'print the JSON Schema of the configuration file, for editors')
    .addHelpText('after', help)
    .action(async (options: CheckConfigOptions) => parts.exitWith(await checkConfig(options, parts)));
}

/** Resolves to the exit code. @throws ConfigurationError with all problems, unless they are wanted as JSON. */
export async function checkConfig(options: CheckConfigOptions, parts: CommandParts): Promise<number> {
  const { write, writeError, paint } = parts.terminal;
  if (options.printSchema) {
    write(JSON.stringify(configurationJsonSchema(), undefined, 2));
    return exitCodes.ok;
  }
  try {
    const configuration = await readConfiguration(options, parts);
    const actions = options.handlers === false ? undefined : await setUpOnce(configuration, parts);
    const summary = summaryOf(configuration, actions);
    for (const line of options.json ? [JSON.stringify(summary)] : summaryLines(summary, paint)) write(line);
    if (!options.json) for (const warning of summary.warnings) writeError(`${paint('yellow', 'warning:')} ${warning}`);
    return exitCodes.ok;
  } catch (error) {
    if (!options.json || !(error instanceof ConfigurationError)) throw error;
    write(JSON.stringify({ ok: false, problems: error.problems }));
    return failureOf(error).exitCode;
  }
}

/** All virtual hosts are checked where none is named: nothing is done to any of them. */
async function readConfiguration(options: CheckConfigOptions, parts: CommandParts): Promise<Configuration> {
  const { handlers, ...others } = options;
  const isOpen = others.vhost === undefined && others.url === undefined;
  return await configurationOf(
    { ...others, ...(handlers ? { handlers } : {}), ...(isOpen ? { allVhosts: true } : {}) },
    parts,
  );
}

const help = `
The file is the one that --config, SAMOVAR_CONFIG or CONFIG_FILE_PATH names, else the first there is of
/etc/samovar/samovar.yml, /etc/cyberfusion/rabbitmq.yml and ./samovar.yml. samovar.example.yml, in the package, explains
each key. Handler modules are loaded and set up once, as a worker would do it; no connection is made.

Exit codes, with one line for each problem: 0 all is well, 1 a set-up failed that another time may succeed, 64 wrong
usage, 78 something is wrong.

  samovar check-config --config ./samovar.yml
  samovar check-config --vhost trees --json
  samovar check-config --print-schema > samovar.schema.json`;
