import { plain, type Terminal } from '../../src/cli/terminal.js';

export interface RecordedTerminal extends Terminal {
  readonly lines: readonly string[];
  readonly errors: readonly string[];
}

export function recordedTerminal(): RecordedTerminal {
  const lines: string[] = [];
  const errors: string[] = [];
  return {
    lines,
    errors,
    write: (text) => void lines.push(...text.split('\n')),
    writeError: (text) => void errors.push(...text.split('\n')),
    paint: plain,
  };
}
