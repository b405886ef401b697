import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repository } from '../gates/sources.js';
import { failpoints } from '../support/failpoint.js';
import { rows } from './rows.js';
import { render, resultsOf } from './table.js';

const read = (path: string) => readFileSync(join(repository, path), 'utf8');
/** Suites that are run over several things keep the names of their cases elsewhere. */
const cases = readdirSync(join(repository, 'src/testing'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('-cases.ts'))
  .map((path) => read(join('src/testing', path)))
  .join('\n');

test('each row has tests that there are, or a reason', () => {
  expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
  for (const { id, tests, reason = '' } of rows) {
    expect([id, tests.length > 0 || reason.length > 20]).toEqual([id, true]);
    for (const [file, name] of tests) {
      // The names of the kills come from a table.
      const isStage = failpoints.some((stage) => name.startsWith(`'${stage}', '`));
      const isThere = isStage || read(file).includes(name) || cases.includes(name);
      expect([id, file, name, isThere]).toEqual([id, file, name, true]);
    }
  }
});

test('the page of the rows is that of a run in which all passed', () => {
  expect(read('docs/faults.md')).toBe(render(rows, () => 'passed'));
});

test('a test counts as what the run made of it, the worst of several', () => {
  const report = (...statuses: readonly string[]) => ({
    testResults: [
      {
        name: '/r/test/a.test.ts',
        assertionResults: statuses.map((status, nth) => ({ fullName: `does it ${nth}`, status })),
      },
    ],
  });
  expect(resultsOf(report('passed', 'passed'), '/r')(['test/a.test.ts', 'does it'])).toBe('passed');
  expect(resultsOf(report('passed', 'failed'), '/r')(['test/a.test.ts', 'does it'])).toBe('failed');
  expect(resultsOf(report('passed', 'pending'), '/r')(['test/a.test.ts', 'does it 1'])).toBe('not run');
  expect(resultsOf(report('passed'), '/r')(['test/b.test.ts', 'does it'])).toBe('not run');
  const row = { id: 'W1', done: 'this', promised: 'that', tests: [['test/a.test.ts', 'it | x']] } as const;
  expect(render([row], () => 'failed')).toContain('| W1 | this | that | failed | `test/a.test.ts`: it \\| x |');
});
