import { Argument, Option, type Command } from 'commander';
import type { CommandParts } from '../command-parts.js';
import { UsageError } from '../failure.js';
import { createLookUp } from './look-up.js';
import { scripts, shells, type Shell } from './scripts.js';
import { complete } from './words.js';

/** It completes the words of its parent. */
export function defineCommand(command: Command, parts: CommandParts): void {
  const shell = new Argument('<shell...>', 'the shell');
  // Said, but not enforced: with --words they are others.
  shell.argChoices = [...shells];
  command
    .usage(shells.join('|'))
    .addArgument(shell)
    .addOption(new Option('--words', 'what the scripts call: the words so far').hideHelp())
    .addHelpText('after', () => helpText)
    .action(async (words: readonly string[], { words: isAsked }: { readonly words?: boolean }) => {
      if (isAsked) await printWords(command.parent ?? command, words, parts);
      else parts.terminal.write(scriptOf(words));
    });
}

async function printWords(program: Command, words: readonly string[], parts: CommandParts): Promise<void> {
  const { candidates, files } = await complete(program, words, createLookUp(parts));
  // One line each, whatever somebody called an action.
  const lines = candidates.map(({ value, note = '' }) => `${value}\t${note}`.replaceAll(/[\r\n]+/g, ' '));
  for (const line of files ? [...lines, ':files'] : lines) parts.terminal.write(line);
}

function scriptOf(words: readonly string[]): string {
  const [shell = '', ...others] = words;
  if (others.length === 0 && Object.hasOwn(scripts, shell)) return scripts[shell as Shell];
  throw new UsageError(`expected one of ${shells.join(', ')}, got ${words.join(' ')}`);
}

const helpText = `
Actions come from the handler modules at hand, virtual hosts and addresses from the configuration, as of the moment
the key is pressed; --config, --vhost and --handlers that are typed before are taken into account.

Examples:
  $ eval "$(samovar completion bash)"       in ~/.bashrc
  $ eval "$(samovar completion zsh)"        in ~/.zshrc, after compinit
  $ samovar completion fish | source        in ~/.config/fish/config.fish`;
