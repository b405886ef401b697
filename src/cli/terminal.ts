/** Where a command writes to. */
export interface Terminal {
  readonly write: (line: string) => void;
  readonly writeError: (line: string) => void;
  readonly paint: Paint;
  /** Shows one line that the next call replaces, and '' takes away. Only where standard error is a terminal. */
  readonly redraw?: (line: string) => void;
}

export type Colour = 'green' | 'red' | 'yellow' | 'dim' | 'bold';

/** Colours `text`, or leaves it alone where colours are not wanted. */
export type Paint = (colour: Colour, text: string) => string;

const codes: Readonly<Record<Colour, readonly [on: number, off: number]>> = {
  green: [32, 39],
  red: [31, 39],
  yellow: [33, 39],
  dim: [2, 22],
  bold: [1, 22],
};

export const plain: Paint = (_colour, text) => text;

export const coloured: Paint = (colour, text) => {
  const [on, off] = codes[colour];
  return `\u001b[${on}m${text}\u001b[${off}m`;
};

/** Colours only for a person at a terminal who has not asked for none (no-color.org). */
export function createTerminal(streams: {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: NodeJS.ProcessEnv;
}): Terminal {
  const { stdout, stderr, env } = streams;
  const isSmart = env['TERM'] !== 'dumb';
  const wantsColours = stdout.isTTY && !env['NO_COLOR'] && isSmart;
  let isDrawn = false;
  function redraw(line: string): void {
    if (isDrawn || line !== '') stderr.write(`\r\u001b[2K${line.slice(0, (stderr.columns || 80) - 1)}`);
    isDrawn = line !== '';
  }
  return {
    write(line) {
      redraw('');
      stdout.write(`${line}\n`);
    },
    writeError(line) {
      redraw('');
      stderr.write(`${line}\n`);
    },
    paint: wantsColours ? coloured : plain,
    ...(stderr.isTTY && isSmart && { redraw }),
  };
}
