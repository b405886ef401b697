import type { Command } from 'commander';
import type { CommandParts } from './command-parts.js';

/** One of the commands of `samovar`. */
export interface CommandEntry {
  /** What `samovar --help` says of it. */
  readonly description: string;
  /** Loads its code. */
  readonly load: () => Promise<CommandModule>;
}

interface CommandModule {
  /** Gives it options, arguments and what it does. */
  defineCommand(command: Command, parts: CommandParts): void;
}

/** All of them, by their names. */
export const commands: Readonly<Record<string, CommandEntry>> = {
  actions: {
    description: 'tell which package gives which action',
    load: () => import('./actions/command.js'),
  },
  call: {
    description: 'have an action done at a node, and print its answer',
    load: () => import('./call/command.js'),
  },
  'check-config': {
    description: 'say what a worker would serve, or everything that is wrong with the configuration',
    load: () => import('./check-config/command.js'),
  },
  completion: {
    description: 'print the script that completes commands, options, actions and addresses in a shell',
    load: () => import('./completion/command.js'),
  },
  contract: {
    description: 'write down what the handlers promise, for callers in any language',
    load: () => import('./contract/command.js'),
  },
  demo: {
    description: 'start two nodes with the example handlers, and make real calls',
    load: () => import('./demo/command.js'),
  },
  keys: {
    description: 'make keys for secrets, and encrypt, decrypt or re-encrypt with them',
    load: () => import('./keys/command.js'),
  },
  nodes: {
    description: 'show who serves node addresses, and what waits there',
    load: () => import('./nodes/command.js'),
  },
  outcome: {
    description: 'ask a node what became of an earlier call, by its idempotency key; nothing is run',
    load: () => import('./outcome/command.js'),
  },
  quarantine: {
    description: 'list, show, run again or delete requests that were set aside',
    load: () => import('./quarantine/command.js'),
  },
  status: {
    description: 'ask the workers on this machine how they are',
    load: () => import('./status/command.js'),
  },
  topology: {
    description: 'print what a worker or a caller declares on RabbitMQ, and the narrowest permissions for it',
    load: () => import('./topology/command.js'),
  },
  worker: {
    description: 'serve requests, until it is told to stop',
    load: () => import('./worker/command.js'),
  },
};
