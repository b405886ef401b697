import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runProgram, type ScriptProcess } from '../test/support/process.js';
import { samovar } from './start-up.js';

/** A process that is looked at while it is idle. */
export interface Subject {
  readonly name: string;
  readonly virtualHosts: number;
  readonly start: () => ScriptProcess;
  readonly isReady: (running: ScriptProcess) => Promise<unknown>;
}

const repository = fileURLToPath(new URL('..', import.meta.url));

/** Node with nothing but these packages loaded. */
export function nodeWith(...packages: readonly string[]): Subject {
  const loaded = packages.map((name) => `import ${JSON.stringify(name)};`).join('');
  const args = ['--input-type=module', '-e', `${loaded} process.stdin.resume(); console.log('ready');`];
  return {
    name: ['Node', ...packages].join(', '),
    virtualHosts: 0,
    start: () => runProgram(process.execPath, { args, cwd: repository }),
    isReady: (running) => running.waitForLine('ready'),
  };
}

/** The built worker with the example handlers, which serves one address on each of these virtual hosts. */
export function workerOf(
  virtualHosts: readonly string[],
  { url, folder }: { readonly url: string; readonly folder: string },
): Subject {
  const { hostname: host, port, username, password } = new URL(url);
  const config = join(folder, `${virtualHosts.length}.yml`);
  const content = {
    server: {
      host,
      port: Number(port),
      username: decodeURIComponent(username),
      password: decodeURIComponent(password),
    },
    handlers: ['samovar/handlers'],
    virtual_hosts: Object.fromEntries(virtualHosts.map((name) => [name, { queue: 'idle' }])),
  };
  // JSON is YAML.
  writeFileSync(config, JSON.stringify(content), { mode: 0o600 });
  const args = [samovar, 'worker', '--config', config, '--all-vhosts'];
  return {
    name: `worker, ${virtualHosts.length} virtual host${virtualHosts.length === 1 ? '' : 's'}`,
    virtualHosts: virtualHosts.length,
    start: () => runProgram(process.execPath, { args, env: { XDG_RUNTIME_DIR: folder } }),
    isReady: (running) => running.waitForErrorLine('"msg":"ready"'),
  };
}
