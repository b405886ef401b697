import type { Command } from 'commander';
import type { CommandParts } from '../command-parts.js';
import { addCallerOptions, type ConfigurationOptions } from '../configured.js';
import { addKeysFile } from '../keys/keyring-of.js';
import { callBatch } from './batch/call-batch.js';
import { callOnce } from './call-once.js';
import { exitCodeTable } from './endings.js';
import { addCallFlags, checkFlags, type CallFlags } from './flags.js';

export function defineCommand(command: Command, parts: CommandParts): void {
  command
    .argument('[action]', 'the name of the action; with --batch, for lines that name none')
    .addHelpText('after', () => helpText());
  addKeysFile(addCallerOptions(addCallFlags(command))).action(
    async (action: string | undefined, flags: CallFlags & ConfigurationOptions) => {
      checkFlags(action, flags);
      const exitCode = await (flags.batch === undefined
        ? callOnce(action ?? '', flags, parts)
        : callBatch(action, flags, parts));
      // Whoever interrupted it has set the exit code.
      if (!parts.signal.aborted) parts.exitWith(exitCode);
    },
  );
}

function helpText(): string {
  return `
Where the broker is comes from --url, or from the configuration (--config, SAMOVAR_CONFIG, the usual places) and
--vhost. Where --handlers or the configuration names a module with the action, the request is checked before it is
sent, and every mistake explained; without one, any JSON object is sent and any answer printed.

The answer goes to standard output, all else to standard error. A failure is one line: its code, whether the request
was executed (executed, not_executed, unknown), what happened and what to do. After "unknown", repeat the call with the
same --key: it takes effect once.

Examples:
  $ samovar call dx_node_status --to node-1 --body '{}'
  $ samovar call dx_example --to node-1 --body '{"favourite_food": "onion"}' --url amqp://user:password@host/trees
  $ samovar call dx_order_coffee_pot --to node-1 --body @order.json --timeout 5s --key order-17
  $ samovar call dx_node_status --to node-1 --body '{}' --when-absent fail --json
  $ samovar call dx_example --to node-1 --body - < request.json

A batch is a file with one JSON object a line; only "body" is needed where the command says the rest:
  {"action": "dx_example", "to": "node-1", "body": {"favourite_food": "onion"}, "key": "a-1", "timeout": "5s", "id": 1}

  $ samovar call --batch requests.ndjson --parallel 32 --results results.ndjson
  $ samovar call dx_example --to node-1 --batch - --json < requests.ndjson | jq .code

Ctrl-C ends a batch: what runs has 5 s to be answered (a second Ctrl-C: none), and the results say of each request of
the file what became of it. While the broker is away a batch waits, up to 5 minutes.

Exit codes (of a batch: the worst one, 78 before 1, 64, 69, 75):
${exitCodeTable()}`;
}
