import type { VirtualHost } from '../../config/settings.js';
import { abortable } from '../../core/abort.js';
import { createClient } from '../../core/client.js';
import { systemClock } from '../../core/clock.js';
import { silentLog } from '../../core/log.js';
import { loadHandlerModules, type LoadedFrom } from '../handlers/load.js';
import { setUpHandlers, type PackagedHandler, type Selection } from '../handlers/select.js';
import { openTransport } from '../open-transport.js';
import { createStopTasks } from '../worker/stop-tasks.js';

/**
 * The handlers that a worker would have, by setting the modules up as it does, and ending them again. Nothing is
 * consumed, and the client they get reaches nobody.
 * @throws ConfigurationError for all that would fail the worker's start.
 */
export async function givenActions(
  virtualHost: Selection & Pick<VirtualHost, 'handlers'>,
  { signal = new AbortController().signal, ...from }: LoadedFrom & { readonly signal?: AbortSignal },
): Promise<readonly PackagedHandler[]> {
  const modules = await loadHandlerModules(virtualHost.handlers, from);
  const [log, clock] = [silentLog, systemClock];
  const transport = await openTransport({ transport: 'memory' }, {});
  const client = createClient({ transport });
  const ending = new AbortController();
  const stopTasks = createStopTasks({ log, clock });
  const { onStop } = stopTasks;
  const stopping = AbortSignal.any([signal, ending.signal]);
  try {
    const given = setUpHandlers(modules, virtualHost, { log, clock, client, signal: stopping, onStop });
    // A set-up that hangs must not keep the command from ending.
    return await abortable(given, signal);
  } finally {
    ending.abort(new Error('the actions are known'));
    await stopTasks.run();
    await client.close();
    await transport.close();
  }
}
