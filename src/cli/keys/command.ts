import type { Command } from 'commander';
import { generateKey, InvalidToken } from '../../secrets/keyring.js';
import { durationFlag } from '../call/flags.js';
import type { CommandParts } from '../command-parts.js';
import { collected } from '../configured.js';
import { exitCodes } from '../exit-codes.js';
import { inputLines, inputText } from './input.js';
import { keyringOf, type KeyOptions } from './keyring-of.js';

interface InputOptions extends KeyOptions {
  readonly file?: string;
}

interface EncryptOptions extends InputOptions {
  readonly lines?: boolean;
}

interface DecryptOptions extends InputOptions {
  /** In milliseconds. */
  readonly ttl?: number;
}

const help = `
A virtual host has its keys in the configuration: fernet_key, or fernet_keys: [new, old]. The first one encrypts, all
decrypt. To change a key without losing a request: add the new one behind the old one, at all workers and callers; then
put it first everywhere; take the old one away once nothing that was encrypted with it is left: in queues, in quarantine,
in stored answers (24 hours). A key and a secret never stand on the command line, which other users can read.

  $ samovar keys generate > /run/secrets/fernet-key
  $ samovar keys encrypt --keys-file /run/secrets/fernet-key < password.txt
  $ samovar keys decrypt --config samovar.yml --vhost trees < tokens.txt
  $ samovar keys rotate --keys-file new-and-old.txt --file tokens.txt

Exit codes: 0 done, 1 a token that no key opens (nothing is printed then), 64 wrong usage, 78 no key, or a wrong one.`;

export function defineCommand(keys: Command, parts: CommandParts): void {
  keys.addHelpText('after', help);

  function add(name: string, description: string): Command {
    return keys
      .command(name)
      .description(description)
      .option('--keys-file <file>', 'a file with the keys, one a line, the newest first')
      .option('--config-file-path, --config <file>', 'or a configuration file with fernet_key or fernet_keys')
      .option('--virtual-host-name, --vhost <name>', 'its virtual host, if it has several', collected)
      .option('--file <file>', 'read this file instead of standard input');
  }

  keys
    .command('generate')
    .description('print a new key')
    .action(() => parts.terminal.write(generateKey()));
  add('encrypt', 'print the token of a value; the line break at its end is not part of it')
    .option('--lines', 'each line is a value')
    .action(async (options: EncryptOptions) => parts.exitWith(await encrypt(options, parts)));
  add('decrypt', 'print the values of tokens, one a line')
    .option('--ttl <duration>', 'refuse tokens that are older: 60s, 5m, 1h', durationFlag)
    .action(async (options: DecryptOptions) => parts.exitWith(await decrypt(options, parts)));
  add('rotate', 'encrypt tokens, one a line, with the first key; they stay as old as they are').action(
    async (options: InputOptions) => parts.exitWith(await rotate(options, parts)),
  );
}

async function encrypt(options: EncryptOptions, parts: CommandParts): Promise<number> {
  const keyring = await keyringOf(options, parts);
  const values = options.lines ? await inputLines(options, parts) : [await inputText(options, parts)];
  return printed(values, (value) => keyring.encrypt(value), parts);
}

async function decrypt({ ttl, ...options }: DecryptOptions, parts: CommandParts): Promise<number> {
  const keyring = await keyringOf(options, parts);
  const age = ttl === undefined ? {} : { ttlSeconds: ttl / 1_000 };
  return printed(await inputLines(options, parts), (token) => keyring.decrypt(token, age), parts);
}

async function rotate(options: InputOptions, parts: CommandParts): Promise<number> {
  const keyring = await keyringOf(options, parts);
  return printed(await inputLines(options, parts), (token) => keyring.rotate(token), parts);
}

/** All lines or none: what follows in a pipe would take the next one for one that is missing. */
function printed(lines: readonly string[], make: (line: string) => string, { terminal }: CommandParts): number {
  const made: string[] = [];
  for (const [index, line] of lines.entries()) {
    try {
      made.push(make(line));
    } catch (error) {
      if (!(error instanceof InvalidToken || error instanceof RangeError)) throw error;
      terminal.writeError(`samovar: line ${index + 1}: ${error.message}`);
      return exitCodes.failed;
    }
  }
  for (const line of made) terminal.write(line);
  return exitCodes.ok;
}
