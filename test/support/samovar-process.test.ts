import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { runSamovar } from './samovar-process.js';

test('the command line runs in any folder', async () => {
  const run = runSamovar(['--version'], { cwd: tmpdir() });
  expect(await run.exited).toEqual({ code: 0, signal: null });
  expect(run.lines.join()).toMatch(/^\d+\.\d+\.\d+/);
});

test('waiting for its log tells why it cannot come any more', async () => {
  const run = runSamovar(['--version']);
  await expect(run.waitForLog('ready')).rejects.toThrow(/to its log: ready, got its end \(0\)/);
});
