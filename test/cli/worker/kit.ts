import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { HealthDocument } from '../../../src/cli/worker/health-document.js';
import { runSamovar, type SamovarOptions, type SamovarProcess } from '../../support/samovar-process.js';
import type { SharedBroker } from '../../support/shared-rabbitmq.js';

export const testHandlers = fileURLToPath(new URL('handlers.ts', import.meta.url));
export const failingSetUp = fileURLToPath(new URL('failing-set-up.ts', import.meta.url));
export const hangingSetUp = fileURLToPath(new URL('hanging-set-up.ts', import.meta.url));

/** A folder that is gone when the test is over. */
export async function testFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'samovar-worker-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A configuration of virtual hosts on one broker, as JSON, which is YAML; each with what `own` says. */
export async function configurationFile(
  broker: Pick<SharedBroker, 'url'>,
  virtualHosts: Readonly<Record<string, object>>,
  rest: object = {},
): Promise<string> {
  const { hostname: host, port, username, password } = new URL(broker.url);
  const path = join(await testFolder(), 'samovar.yml');
  const content = {
    server: { host, port: Number(port), username, password },
    handlers: [testHandlers],
    ...rest,
    virtual_hosts: virtualHosts,
  };
  await writeFile(path, JSON.stringify(content));
  return path;
}

/** `samovar ...args` whose workers and status meet in a runtime folder of their own; ended with the test. */
export interface Bench {
  readonly runtime: string;
  run(args: readonly string[], options?: SamovarOptions): SamovarProcess;
  /** A worker that is ready. */
  worker(args: readonly string[], options?: SamovarOptions): Promise<SamovarProcess>;
  status(...args: string[]): Promise<{ code: number | null; rows: readonly string[]; err: string }>;
  health(): Promise<readonly HealthDocument[]>;
}

export async function openBench(): Promise<Bench> {
  const runtime = await testFolder();
  const run: Bench['run'] = (args, options = {}) => {
    // Both places in which workers of this user are looked for: others may run on this machine.
    const own = { XDG_RUNTIME_DIR: runtime, TMPDIR: runtime };
    const child = runSamovar(args, { ...options, env: { ...own, ...options.env } });
    onTestFinished(async () => {
      await child.kill9();
    });
    return child;
  };
  return {
    runtime,
    run,
    async worker(args, options) {
      const child = run(['worker', ...args], options);
      await child.waitForLog('ready');
      return child;
    },
    async status(...args) {
      const child = run(['status', ...args]);
      const { code } = await child.exited;
      return { code, rows: child.lines.slice(1), err: child.stderr };
    },
    async health() {
      const child = run(['status', '--json']);
      await child.exited;
      const findings = JSON.parse(child.lines.join('\n')) as { readonly health: HealthDocument }[];
      return findings.map(({ health }) => health);
    },
  };
}
