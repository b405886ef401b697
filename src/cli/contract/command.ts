import { InvalidArgumentError, type Command } from 'commander';
import type { CommandParts } from '../command-parts.js';
import { runBuild, type BuildFlags } from './build.js';
import { runCheck, type CheckFlags } from './check.js';
import { addContractOptions } from './contract-of.js';
import { runGeneratePython, runGenerateTypescript, type GenerateFlags } from './generate.js';
import { runServe, type ServeFlags } from './serve.js';

export function defineCommand(contract: Command, parts: CommandParts): void {
  contract.addHelpText('after', help);
  addContractOptions(contract.command('build'))
    .description('write JSON Schemas, an AsyncAPI document and a documentation site')
    .requiredOption('--out <folder>', 'where to; files of an earlier build are replaced, those that are gone removed')
    .option('--force', 'also into a folder that has files of others; they stay')
    .action(async (options: BuildFlags) => parts.exitWith(await runBuild(options, parts)));
  addContractOptions(contract.command('serve'))
    .description('show the same in a browser, until it is interrupted')
    .option('--port <number>', 'on 127.0.0.1; 0 takes any that is free', portFlag, 8420)
    .action(async (options: ServeFlags) => {
      const exitCode = await runServe(options, parts);
      // Interrupted, the process exits as the signal says.
      if (!parts.signal.aborted) parts.exitWith(exitCode);
    });
  addContractOptions(contract.command('check'))
    .description('compare the handlers with a lock file, and fail where old callers would break')
    .option('--lock <file>', 'what the contract was', 'contract.lock.json')
    .option('--write', 'bring the lock file up to date, unless something breaks')
    .option('--acknowledge <change...>', 'let an action, or one change of it, break old callers; writes the lock file')
    .option('--json', 'write one JSON document')
    .action(async (options: CheckFlags) => parts.exitWith(await runCheck(options, parts)));
  const generate = contract
    .command('generate')
    .description('write code for callers: the actions, and the types of what they carry');
  addContractOptions(generate.command('typescript'))
    .description('one module with the actions as samovar defines them, and their types')
    .requiredOption('--out <file>', 'a .ts file, or a folder: contract.ts in it')
    .option('--force', 'also over a file of others')
    .action(async (options: GenerateFlags) => parts.exitWith(await runGenerateTypescript(options, parts)));
  addContractOptions(generate.command('python'))
    .description('a package with models (pydantic 1 or 2), the actions, and a caller that uses Pika')
    .requiredOption('--out <folder>', 'its name is that of the package; files of an earlier one are replaced')
    .option('--force', 'also into a folder that has files of others; they stay')
    .action(async (options: GenerateFlags) => parts.exitWith(await runGeneratePython(options, parts)));
}

function portFlag(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('Expected an integer from 0 to 65535.');
}

const help = `
Loads and sets up the handler modules as a worker does, and ends them again: the contract is that of the handlers, and
the same handlers give the same bytes. Nothing connects to a broker.

  $ samovar contract build --handlers ./my-handlers --out site
  $ samovar contract build --config samovar.yml --vhost trees --out site --title 'Trees' --contract-version 1.4.0
  $ samovar contract serve --handlers samovar/handlers
  $ samovar contract check --handlers ./my-handlers --write
  $ samovar contract generate typescript --handlers ./my-handlers --out src/contract.ts
  $ samovar contract generate python --config samovar.yml --out trees`;
