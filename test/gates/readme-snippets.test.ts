import { expect, test } from 'vitest';
import { commandsOf, snippetsOf, withBroker } from './readme.js';

const markdown = [
  '# Title',
  '',
  '```ts background',
  '// worker.ts',
  `connect('amqp://guest:guest@localhost:5672/%2F');`,
  '```',
  'Text with `code`.',
  '```ts check',
  'const a = 1;',
  '```',
  '```sh',
  '$ npm start   # starts',
  '# only a comment',
  'docker compose \\',
  '  up',
  '```',
].join('\n');

test('blocks are found with their words, names and lines', () => {
  const [worker, checked, shell] = snippetsOf(markdown);
  expect(worker).toMatchObject({ language: 'ts', words: ['background'], file: 'worker.ts', line: 3 });
  expect(checked).toMatchObject({ words: ['check'], file: 'line-8.ts', code: 'const a = 1;\n' });
  expect(shell && commandsOf(shell)).toEqual(['npm start', 'docker compose up']);
});

test('the broker of the reader becomes the broker of the tests', () => {
  for (const url of ['amqp://localhost', 'amqp://localhost:5672/trees', 'amqp://test:test@127.0.0.1/%2F']) {
    expect(withBroker(`connect('${url}')`, 'amqp://x:1/v')).toBe(`connect('amqp://x:1/v')`);
  }
});
