/** One line on a terminal that always shows the last thing said; nothing in a file or a pipe. */
export interface Progress {
  say(line: string): void;
  clear(): void;
}

export function createProgress(stream: NodeJS.WriteStream): Progress {
  const startMs = performance.now();
  const show = (line: string): void => {
    if (stream.isTTY) stream.write(`\r\u001b[K${line.slice(0, stream.columns - 1)}`);
  };
  return {
    say: (line) => show(`${Math.round((performance.now() - startMs) / 1_000)} s: ${line}`),
    clear: () => show(''),
  };
}
