import type { Command } from 'commander';
import type { CommandParts } from '../command-parts.js';
import { addConfigurationOptions, type ConfigurationOptions } from '../configured.js';
import { exitCodes } from '../exit-codes.js';
import { UsageError } from '../failure.js';
import { describeAction, schemasOf } from './describe-action.js';
import { servedBy, type Served } from './served.js';
import { actionsTable } from './table.js';

export interface ActionsOptions extends ConfigurationOptions {
  readonly json?: boolean;
  readonly schema?: string;
}

const help = `
Loads and sets up the handler modules as a worker does, ends them again, and tells which of them gives which action.
Nothing connects to a broker. What would fail the start of the worker fails here, with the same exit code.

With --handlers and neither --config nor a virtual host, no file is read: what do these modules give?

  $ samovar actions --config samovar.yml --vhost trees
  $ samovar actions --handlers samovar/handlers
  $ samovar actions --handlers ./my-handlers --json
  $ samovar actions --handlers samovar/handlers --schema dx_example`;

export function defineCommand(command: Command, parts: CommandParts): void {
  addConfigurationOptions(command)
    .option('--json', 'print a JSON array, one object for each action')
    .option('--schema <action>', 'print the JSON Schemas of its request, response and errors')
    .addHelpText('after', help)
    .action(async (options: ActionsOptions) => parts.exitWith(await runActions(options, parts)));
}

export async function runActions(
  options: ActionsOptions,
  parts: Pick<CommandParts, 'terminal' | 'env' | 'cwd' | 'signal'>,
): Promise<number> {
  const { write, paint } = parts.terminal;
  if (options.json && options.schema !== undefined) {
    throw new UsageError('expected either --json or --schema, which prints JSON anyway; got both');
  }
  const served = await servedBy(options, parts);
  if (options.schema !== undefined) {
    write(JSON.stringify(schemasOf(actionCalled(options.schema, served)), undefined, 2));
    return exitCodes.ok;
  }
  if (options.json) {
    const all = served.flatMap(({ virtualHost, handlers }) =>
      handlers.map((handler) => ({ ...(virtualHost !== undefined && { virtualHost }), ...describeAction(handler) })),
    );
    write(JSON.stringify(all, undefined, 2));
    return exitCodes.ok;
  }
  for (const [index, { virtualHost, handlers }] of served.entries()) {
    if (index > 0) write('');
    if (served.length > 1) write(paint('bold', `virtual host ${virtualHost}`));
    for (const line of actionsTable(handlers.map(describeAction), paint)) write(line);
  }
  return exitCodes.ok;
}

function actionCalled(name: string, served: readonly Served[]) {
  const handlers = served.flatMap((one) => one.handlers);
  const found = handlers.find(({ handler }) => handler.action.name === name);
  if (found) return found.handler.action;
  const names = [...new Set(handlers.map(({ handler }) => handler.action.name))].join(', ');
  throw new UsageError(`expected --schema to be one of ${names}, got ${JSON.stringify(name)}`);
}
