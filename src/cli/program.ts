import { Command } from 'commander';
import type { CommandParts } from './command-parts.js';
import { commands } from './commands.js';
import { helpText } from './help-text.js';
import { versionOfPackage } from './version.js';

/**
 * The whole command line, which throws commander's own errors instead of ending the process. Only the commands that
 * `words` name are loaded, so that `samovar --help` is there at once; completion looks into all.
 */
export async function createProgram(parts: CommandParts, words: readonly string[]): Promise<Command> {
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
  for (const [name, { description, load }] of Object.entries(commands)) {
    const command = program.command(name).description(description);
    if (words.includes(name) || words.includes('--words')) (await load()).defineCommand(command, parts);
  }
  return program;
}
