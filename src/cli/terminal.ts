/** Where a command writes to. */
export interface Terminal {
  readonly write: (line: string) => void;
  readonly writeError: (line: string) => void;
  readonly paint: Paint;
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
  const wantsColours = stdout.isTTY && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  return {
    write: (line) => void stdout.write(`${line}\n`),
    writeError: (line) => void stderr.write(`${line}\n`),
    paint: wantsColours ? coloured : plain,
  };
}
