/**
 * `npm test`: the gates, then all tests. One failing does not hide the others; each gate counts as a test. With
 * arguments it is vitest alone, with these arguments.
 */
import { spawn } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { addFailures, countVitest, describeCounts, type Counts, type VitestReport } from './gates/counts.js';
import { installSystemPackages } from './support/system-packages.js';

const gates = ['lint', 'typecheck', 'unused', 'build', 'package-check', 'bench -- --quick'];
/** As vitest.config.ts has it written. */
const vitestReport = '.tmp/vitest.json';
// Stays below what a CI runner allows; what the tests have started is cleaned up by its guardian.
const longestRunMs = (process.env['SAMOVAR_TEST_FULL'] === 'true' ? 180 : 20) * 60_000;

const given = process.argv.slice(2);
if (given.length > 0) {
  process.exitCode = await run('npx', ['vitest', 'run', ...given]);
} else {
  const counts = await runAll();
  // Whoever asks for the counts prints them as the last line, after npm's own words.
  const countsFile = process.env['SAMOVAR_COUNTS_FILE'];
  if (countsFile === undefined) console.log(describeCounts(counts));
  else await writeFile(countsFile, describeCounts(counts));
  process.exitCode = counts.failed > 0 ? 1 : 0;
}

async function runAll(): Promise<Counts> {
  await mkdir('.tmp', { recursive: true });
  await rm(vitestReport, { force: true });
  const failed: string[] = [];
  if (process.env['CI'] === 'true') await installSystemPackages();
  for (const gate of gates) {
    console.log(`\n── ${gate}`);
    if ((await run('npm', ['run', '--silent', ...gate.split(' ')])) !== 0) failed.push(gate);
  }
  console.log('\n── tests');
  const exitCode = await run('npx', ['vitest', 'run']);
  const report = await readFile(vitestReport, 'utf8').then(
    (text) => JSON.parse(text) as VitestReport,
    () => undefined,
  );
  if (failed.length > 0) console.log(`\nGates that failed: ${failed.join(', ')}`);
  return addFailures(countVitest(report, exitCode), gates.length, failed.length);
}

function run(command: string, args: string[]): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
    const timer = setTimeout(() => {
      console.log(`expected ${command} ${args.join(' ')} to end within ${longestRunMs} ms; killing it`);
      child.kill('SIGKILL');
    }, longestRunMs);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve(code ?? 1);
    });
  });
}
