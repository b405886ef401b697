import { Option, type Command } from 'commander';
import type { CommandParts } from '../command-parts.js';
import { exitCodes } from '../exit-codes.js';
import { openTransport } from '../open-transport.js';
import { differenceOf, type Ending } from './ending.js';
import { play } from './play.js';
import { loadScript } from './script.js';
import { createTable } from './table.js';
import { openPlace, transportNames, waitForBrokerMs, type TransportChoice } from './transport-choice.js';

export interface DemoOptions extends TransportChoice {
  readonly requests?: string;
}

export function defineCommand(command: Command, parts: CommandParts): void {
  command
    .addOption(new Option('--transport <name>', 'what carries the messages').choices(transportNames).default('memory'))
    .option('--url <url>', 'the broker, such as amqp://user:password@localhost:5672')
    .option('--endpoint <url>', 'SQS at an endpoint, such as http://localhost:4566, instead of an emulator of its own')
    .option('--aws', 'SQS of AWS, with the credentials and the region that the AWS SDK finds')
    .option('--requests <file>', 'a JSON file with other calls and what to expect of them')
    .action(async (options: DemoOptions) => parts.exitWith(await runDemo(options, parts)));
}

/** Resolves to the exit code: 0 if every call ended as expected. */
export async function runDemo(
  options: DemoOptions,
  { terminal, signal }: Pick<CommandParts, 'terminal' | 'signal'>,
): Promise<number> {
  const { write, paint } = terminal;
  const script = await loadScript(options.transport, options.requests);
  const place = await openPlace(options);
  const { connection, note } = place;
  const table = createTable(script, paint);
  const named = new Map<string, Ending>();
  let made = 0;
  let wrong = 0;
  const where = note === undefined ? '' : `, ${note}`;
  write(`${script.nodes.length} nodes over the ${options.transport} transport${where}: ${script.nodes.join(', ')}`);
  try {
    await play(script, {
      connect: () => openTransport(connection, { waitForBrokerMs, takesEitherRoute: true }),
      connection,
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
  } finally {
    await place.close();
  }
  const summary = wrong === 0 ? paint('green', 'all as expected') : paint('red', `${wrong} not as expected`);
  write(`\n${made} calls, ${summary}`);
  return wrong === 0 ? exitCodes.ok : exitCodes.failed;
}
