import { Command } from 'commander';
import { addActionsCommand } from './actions/command.js';
import { addCallCommand } from './call/command.js';
import { addCheckConfigCommand } from './check-config/command.js';
import type { CommandParts } from './command-parts.js';
import { addCompletionCommand } from './completion/command.js';
import { addContractCommand } from './contract/command.js';
import { addDemoCommand } from './demo/command.js';
import { helpText } from './help-text.js';
import { addKeysCommand } from './keys/command.js';
import { addNodesCommand } from './nodes/command.js';
import { addOutcomeCommand } from './outcome/command.js';
import { addQuarantineCommand } from './quarantine/command.js';
import { addStatusCommand } from './status/command.js';
import { addTopologyCommand } from './topology/command.js';
import { versionOfPackage } from './version.js';
import { addWorkerCommand } from './worker/command.js';

/** The whole command line. It throws commander's own errors instead of ending the process. */
export function createProgram(parts: CommandParts): Command {
  const program = new Command('samovar')
    .description('A lean RPC runtime for Node with pluggable transports.')
    .version(versionOfPackage(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', helpText)
    .showHelpAfterError('(samovar --help tells what there is)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => parts.terminal.write(text.trimEnd()),
      writeErr: (text) => parts.terminal.writeError(text.trimEnd()),
    });
  addActionsCommand(program, parts);
  addCallCommand(program, parts);
  addCheckConfigCommand(program, parts);
  addCompletionCommand(program, parts);
  addContractCommand(program, parts);
  addDemoCommand(program, parts);
  addKeysCommand(program, parts);
  addNodesCommand(program, parts);
  addOutcomeCommand(program, parts);
  addQuarantineCommand(program, parts);
  addStatusCommand(program, parts);
  addTopologyCommand(program, parts);
  addWorkerCommand(program, parts);
  return program;
}
