import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { countEffects, overlaps, readEffects } from './effects.js';
import { runScript, type ScriptProcess } from './process.js';

const script = new URL('effects-script.ts', import.meta.url);
let folder: string;
let child: ScriptProcess | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'samovar-effects-'));
});
afterEach(async () => {
  await child?.kill9();
  await rm(folder, { recursive: true });
});

test('a script is read line by line, and what it did before a kill -9 is known', async () => {
  const effects = join(folder, 'effects');
  child = runScript(script, { args: [effects] });
  await child.waitForLine('ready');
  child.writeLine('start a');
  await child.waitForLine(/^started a/);
  expect(await child.kill9()).toEqual({ code: null, signal: 'SIGKILL' });
  expect(readEffects(effects)).toMatchObject([{ kind: 'start', subject: 'a', pid: child.pid }]);
  expect(countEffects(readEffects(effects)).get('a')).toEqual({ starts: 1, finishes: 0 });
});

test('a script gets signals and ends with a code', async () => {
  child = runScript(script, { args: [join(folder, 'effects')], env: { EXIT_CODE: '7' } });
  await child.waitForLine('ready');
  child.kill('SIGTERM');
  expect(await child.exited).toEqual({ code: 7, signal: null });
  expect(child.stderr).toBe('ending\n');
});

test('waiting for a line tells why it cannot come any more', async () => {
  child = runScript(script);
  await expect(child.waitForLine('ready')).rejects.toThrow(/got its end \(1\)[^]*expected a path/);
});

test('overlapping runs of one subject are found', () => {
  const at = { pid: 1, at: 0 };
  const start = (subject: string, run: string) => ({ kind: 'start', subject, run, ...at }) as const;
  const finish = (subject: string, run: string) => ({ kind: 'finish', subject, run, ...at }) as const;
  const apart = [start('a', '1'), start('b', '2'), finish('a', '1'), start('a', '3'), finish('b', '2')];
  expect(overlaps(apart)).toEqual([]);
  expect(overlaps([...apart, start('a', '4')])).toMatchObject([{ run: '4' }]);
  expect(readEffects('/nowhere/at/all')).toEqual([]);
});
