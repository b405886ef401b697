import { Option, type Command } from 'commander';
import type { CommandParts } from '../command-parts.js';
import { exitCodes } from '../exit-codes.js';
import { openTransport } from '../open-transport.js';
import { differenceOf, type Ending } from './ending.js';
import { play } from './play.js';
import { loadScript } from './script.js';
import { createTable } from './table.js';
import { connectionOf, transportNames, waitForBrokerMs, type TransportChoice } from './transport-choice.js';

export interface DemoOptions extends TransportChoice {
  readonly requests?: string;
}

export function addDemoCommand(program: Command, parts: CommandParts): void {
  program
    .command('demo')
    .description('start two nodes with the example handlers, and make real calls')
    .addOption(new Option('--transport <name>', 'what carries the messages').choices(transportNames).default('memory'))
    .option('--url <url>', 'the broker, such as amqp://user:password@localhost:5672')
    .option('--requests <file>', 'a JSON file with other calls and what to expect of them')
    .action(async (options: DemoOptions) => parts.exitWith(await runDemo(options, parts)));
}

/** Resolves to the exit code: 0 if every call ended as expected. */
export async function runDemo(
  options: DemoOptions,
  { terminal, signal }: Pick<CommandParts, 'terminal' | 'signal'>,
): Promise<number> {
  const { write, paint } = terminal;
  const script = await loadScript(options.requests);
  const connection = connectionOf(options);
  const table = createTable(script, paint);
  const named = new Map<string, Ending>();
  let made = 0;
  let wrong = 0;
  write(`${script.nodes.length} nodes over the ${options.transport} transport: ${script.nodes.join(', ')}`);
  await play(script, () => openTransport(connection, { waitForBrokerMs, takesEitherRoute: true }), {
    signal,
    onStep(title, endings) {
      write(`\n${paint('bold', title)}`);
      for (const ending of endings) if (ending.call.name !== undefined) named.set(ending.call.name, ending);
      for (const ending of endings) {
        const difference = differenceOf(ending, named);
        write(table.line(ending, difference));
        made++;
        if (difference !== undefined) wrong++;
      }
    },
  });
  const summary = wrong === 0 ? paint('green', 'all as expected') : paint('red', `${wrong} not as expected`);
  write(`\n${made} calls, ${summary}`);
  return wrong === 0 ? exitCodes.ok : exitCodes.failed;
}
