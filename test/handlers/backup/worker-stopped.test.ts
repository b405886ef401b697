import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { dxCreateBackup } from 'samovar/handlers';
import { expect, test } from 'vitest';
import { caller } from '../../cli/worker/caller.js';
import { configurationFile, openBench } from '../../cli/worker/kit.js';
import { sharedRabbitmq } from '../../support/shared-rabbitmq.js';
import { addEndlessFile, openStore, sha256, tarsOf, unfinished, unfinishedBytes } from './store.js';

test('SIGTERM during a backup of a large folder leaves no half archive, and the next worker makes the backup', async () => {
  const broker = await sharedRabbitmq();
  const { url } = await broker.createVirtualHost();
  const { root, archives, folder } = await openStore();
  const trees = folder('trees', { oak: 'brown' });
  addEndlessFile(trees);
  const settings = { backups: { roots: [root], archives } };
  const rest = { handlers: [{ use: 'samovar/handlers', settings }] };
  const name = decodeURIComponent(new URL(url).pathname.slice(1));
  const serving = [
    '--config',
    await configurationFile({ url }, { [name]: { drain_ms: 500 } }, rest),
    '--address',
    'node-1',
  ];
  const bench = await openBench();
  const worker = await bench.worker(serving);
  const call = caller(url).call(dxCreateBackup, { folder: trees, name: 'one' }, { to: 'node-1', timeoutMs: 120_000 });
  await expect.poll(() => unfinishedBytes(archives, unfinished)).toBeGreaterThan(0);
  const tars = tarsOf(worker.pid);
  expect(tars).toHaveLength(1);

  worker.kill('SIGTERM');
  // It had to be aborted: that is told.
  expect(await worker.exited).toEqual({ code: 1, signal: null });
  expect(readdirSync(archives)).toEqual([]);
  expect(tarsOf(worker.pid)).toEqual([]);

  rmSync(join(trees, 'endless'));
  await bench.worker(serving);
  const backup = await call;
  expect(backup).toMatchObject({ name: 'one', entries: 1 });
  expect(sha256(readFileSync(join(archives, 'one/archive.tar.gz')))).toBe(backup.sha256);
});
