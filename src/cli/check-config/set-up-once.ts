import { ConfigurationError } from '../../config/configuration-error.js';
import type { Configuration, VirtualHost } from '../../config/settings.js';
import { systemClock } from '../../core/clock.js';
import { systemRandom } from '../../core/random.js';
import type { CommandParts } from '../command-parts.js';
import { SetUpError } from '../failure.js';
import { createLog } from '../log/create-log.js';
import { openStores } from '../open-stores.js';
import { openTransport } from '../open-transport.js';
import { createVirtualHostWorker } from '../worker/virtual-host.js';

/** An action, and the module it comes from. */
interface GivenAction {
  readonly name: string;
  readonly from: string;
}

/** The actions of each virtual host. */
export type GivenActions = ReadonlyMap<string, readonly GivenAction[]>;

/**
 * Does all that a worker does before it connects, and takes it back.
 * @throws ConfigurationError with the problems of all virtual hosts: SetUpError, where another try may mend them all.
 */
export async function setUpOnce(
  { file, virtualHosts }: Configuration,
  { cwd, signal, terminal }: Pick<CommandParts, 'cwd' | 'signal' | 'terminal'>,
): Promise<GivenActions> {
  const log = createLog({
    level: 'error',
    stream: { write: (text) => terminal.writeError(text.trimEnd()) },
    isTerminal: true,
  });
  const parts = { clock: systemClock, random: systemRandom, log };
  const stores = await openStores(virtualHosts, { ...parts, connects: false });
  const errors: ConfigurationError[] = [];
  const actions = new Map<string, readonly GivenAction[]>();
  try {
    for (const virtualHost of virtualHosts) await setUp(virtualHost);
  } finally {
    await stores.close();
  }
  if (errors.length > 0) {
    const Kind = errors.every((error) => error instanceof SetUpError) ? SetUpError : ConfigurationError;
    throw new Kind([...new Set(errors.flatMap(({ problems }) => problems))]);
  }
  return actions;

  async function setUp(virtualHost: VirtualHost): Promise<void> {
    const worker = createVirtualHostWorker(virtualHost, {
      ...{ ...parts, cwd, file, signal, openTransport },
      stores: stores.of(virtualHost),
      onChange: () => undefined,
    });
    try {
      await worker.setUp();
      actions.set(virtualHost.name, worker.health().actions);
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      errors.push(error);
    } finally {
      await worker.close();
    }
  }
}
