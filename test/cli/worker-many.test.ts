import { expect, it } from 'vitest';
import { createLog } from '../../src/cli/log/create-log.js';
import { openTransport } from '../../src/cli/open-transport.js';
import { runWorker } from '../../src/cli/worker/run-worker.js';
import type { VirtualHost } from '../../src/config/settings.js';
import { systemClock, systemRandom } from '../../src/index.js';
import { testFolder, testHandlers } from './worker/kit.js';

it('a worker of hundreds of virtual hosts does not look at all of them whenever one changes', async () => {
  const count = 300;
  const stopping = new AbortController();
  const lines: string[] = [];
  let looks = 0;
  const virtualHosts = Array.from({ length: count }, (_, index): VirtualHost => {
    const handlers = [{ use: testHandlers, folder: '/', settings: undefined, locate: () => 'here' }];
    return {
      ...{ name: `v${index}`, connection: { transport: 'memory' }, addresses: [`n${index}`], handlers },
      ...{ exchanges: undefined, allowMissingHandlers: false, allow: undefined, mock: false },
      ...{ fernetKeys: [], limits: {} },
    };
  });
  const ended = runWorker(
    { file: undefined, virtualHosts, logLevel: 'info', warnings: [] },
    {
      ...{ env: { RUNTIME_DIRECTORY: await testFolder() }, cwd: '/', signal: stopping.signal, events: process },
      ...{ clock: systemClock, random: systemRandom, pid: process.pid, version: '0', socket: undefined },
      log: createLog({
        level: 'info',
        isTerminal: false,
        stream: {
          write(line: string) {
            lines.push(line);
            if (line.includes('"msg":"ready"')) stopping.abort();
          },
        },
      }),
      async openTransport(connection, parts) {
        const transport = await openTransport(connection, parts);
        const health = transport.health.bind(transport);
        return Object.assign(transport, { health: () => (looks++, health()) });
      },
    },
  );
  expect(await ended).toBe(0);
  expect(lines.filter((line) => line.includes('"msg":"serving"'))).toHaveLength(count);
  expect(looks).toBeLessThan(10 * count);
});
