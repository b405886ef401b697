import { expect, it } from 'vitest';
import { createTerminal } from '../../src/cli/terminal.js';

function written(isTTY: boolean, env: NodeJS.ProcessEnv): string {
  let text = '';
  const stdout = { isTTY, write: (part: string) => (text += part) } as unknown as NodeJS.WriteStream;
  const terminal = createTerminal({ stdout, stderr: stdout, env });
  terminal.write(terminal.paint('red', 'careful'));
  return text;
}

it('colours for a person at a terminal', () => {
  expect(written(true, {})).toBe('\u001b[31mcareful\u001b[39m\n');
});

it.each([
  ['a pipe', false, {}],
  ['NO_COLOR', true, { NO_COLOR: '1' }],
  ['a dumb terminal', true, { TERM: 'dumb' }],
])('leaves colours away for %s', (_what, isTTY, env) => {
  expect(written(isTTY, env)).toBe('careful\n');
});
