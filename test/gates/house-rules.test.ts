import { expect, test } from 'vitest';
import { machineTimeOrChance, mostLines, overlong } from './house-rules.js';
import { readSources } from './sources.js';

test('time and chance are injected', () => {
  expect(machineTimeOrChance(readSources('src', 'transports', 'handlers'))).toEqual([]);
});

test('files stay short', () => {
  expect(overlong(readSources('src', 'transports', 'handlers'))).toEqual([]);
});

test.each([
  'const timer = setTimeout(task, 5);',
  'const at = Date.now();',
  'const at = new Date();',
  'const startedAt = performance.now();',
  'return Math.random();',
  `import { randomUUID } from 'node:crypto';`,
  'const signal = AbortSignal.timeout(5);',
])('%j takes time or chance from the machine', (line) => {
  expect(machineTimeOrChance([{ path: 'src/core/x.ts', text: `\n${line}` }])).toHaveLength(1);
  expect(machineTimeOrChance([{ path: 'src/core/clock.ts', text: line }])).toEqual([]);
});

test.each([
  'const at = clock.now();',
  ' * Like setTimeout.',
  '// Date.now jumps.',
  'const text = new Date(at).toISOString(); // no Date.now',
])('%j does not', (line) => {
  expect(machineTimeOrChance([{ path: 'src/core/x.ts', text: line }])).toEqual([]);
});

test('a file of one line too many is named', () => {
  const text = 'x\n'.repeat(mostLines);
  expect(overlong([{ path: 'src/a.ts', text }])).toEqual([]);
  expect(overlong([{ path: 'src/a.ts', text: `${text}x\n` }])).toHaveLength(1);
});
