import { expect, test } from 'vitest';
import { addFailures, countVitest, describeCounts } from './counts.js';

const file = (status: string, ...assertions: string[]) => ({
  status,
  assertionResults: assertions.map((one) => ({ status: one })),
});

test('tests are counted over all files', () => {
  const testResults = [file('passed', 'passed', 'skipped', 'todo', 'pending'), file('failed', 'failed', 'passed')];
  expect(describeCounts(countVitest({ testResults }, 1))).toBe('2 passed, 1 failed, 3 skipped');
});

test('a file that could not be loaded is a failure', () => {
  expect(countVitest({ testResults: [file('failed'), file('failed', 'failed')] }, 1).failed).toBe(2);
});

test('a failure that no test shows still counts', () => {
  expect(countVitest({ testResults: [file('passed', 'passed')] }, 1)).toEqual({ passed: 1, failed: 1, skipped: 0 });
  expect(countVitest(undefined, 0)).toEqual({ passed: 0, failed: 1, skipped: 0 });
});

test('gates count as tests', () => {
  expect(addFailures({ passed: 1, failed: 0, skipped: 2 }, 5, 2)).toEqual({ passed: 4, failed: 2, skipped: 2 });
});
