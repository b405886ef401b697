import setUp, {
  availability,
  dxExample,
  dxNodeStatus,
  dxOrderCoffeePot,
  settings as handlerSettings,
} from '../../../handlers/index.js';
import type { Action } from '../../core/action.js';
import { createClient } from '../../core/client.js';
import { systemClock } from '../../core/clock.js';
import { RpcError } from '../../core/errors.js';
import { startServer } from '../../core/server.js';
import type { Transport } from '../../core/transport.js';
import { ConfigurationError } from '../../config/configuration-error.js';
import type { ConnectionSettings } from '../../config/settings.js';
import type { Ending } from './ending.js';
import { openPlainSender } from './plain-sender.js';
import type { Script, ScriptedCall } from './script.js';

const actions = new Map<string, Action>(
  [availability, dxExample, dxNodeStatus, dxOrderCoffeePot].map((action) => [action.name, action]),
);

const callTimeoutMs = 10_000;

export interface PlayParts {
  readonly connect: () => Promise<Transport>;
  /** For calls by programs without Samovar. */
  readonly connection: ConnectionSettings;
  readonly signal: AbortSignal;
  readonly onStep: (title: string, endings: readonly Ending[]) => void;
}

/** Makes one call, and says how it ended. */
type Sender = (action: Action, call: ScriptedCall) => Promise<unknown>;

/**
 * Starts the nodes, makes the calls step by step, and stops everything however that ends. `onStep` gets the endings
 * of each step, in the order of the script.
 */
export async function play(script: Script, { connect, connection, signal, onStep }: PlayParts): Promise<void> {
  const users: (() => Promise<unknown>)[] = [];
  const transports: Transport[] = [];
  async function openTransport(): Promise<Transport> {
    const transport = await connect();
    transports.push(transport);
    return transport;
  }
  try {
    for (const address of script.nodes) {
      const handlers = setUp({ settings: handlerSettings.parse({}), clock: systemClock });
      const server = await startServer({ transport: await openTransport(), address, handlers, drainMs: 2_000 });
      users.push(() => server.stop());
    }
    const client = createClient({ transport: await openTransport(), timeoutMs: callTimeoutMs });
    users.push(() => client.close());
    const plain = await openPlainSender(script, connection);
    users.push(() => plain.close());
    const ours: Sender = (action, { request, to }) => client.call(action, request, { to, signal });
    const sdk: Sender = (_, call) => plain.call(call, callTimeoutMs);
    for (const { title, calls } of script.steps) {
      const endings = await Promise.all(calls.map((call) => make(call, call.sender === undefined ? ours : sdk)));
      signal.throwIfAborted();
      onStep(title, endings);
    }
  } finally {
    // At once: on SQS each waits for a poll that is under way.
    await Promise.all(users.map((close) => close()));
    await Promise.all(transports.map((transport) => transport.close()));
  }
}

async function make(call: ScriptedCall, send: Sender): Promise<Ending> {
  const action = actions.get(call.action);
  if (!action) throw new ConfigurationError(`expected one of ${[...actions.keys()].join(', ')}, got ${call.action}`);
  const startMs = systemClock.monotonicMs();
  const tookMs = (): number => systemClock.monotonicMs() - startMs;
  try {
    const answer = await send(action, call);
    return { call, tookMs: tookMs(), result: { answer } };
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    return { call, tookMs: tookMs(), result: { error } };
  }
}
