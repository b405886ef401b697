import { coloured, plain, type Colour } from '../terminal.js';

const colours: Readonly<Record<string, Colour>> = { debug: 'dim', info: 'green', warn: 'yellow', error: 'red' };

/** `12:30:01.250 warn  trees could not connect broker=127.0.0.1:5672`, with stacks on lines of their own. */
export function readableLine(entry: Readonly<Record<string, unknown>>, isColoured: boolean): string {
  const { level, time, msg, virtualHost, err, error, ...fields } = entry;
  const paint = isColoured ? coloured : plain;
  const levelName = String(level);
  const parts = [
    paint('dim', String(time).slice(11, 23)),
    paint(colours[levelName] ?? 'bold', levelName.padEnd(5)),
    ...(typeof virtualHost !== 'string' ? [] : [paint('bold', visible(virtualHost))]),
    visible(String(msg)),
    ...Object.entries(fields).map(([name, value]) => paint('dim', `${name}=${valueText(value)}`)),
  ];
  return `${parts.join(' ')}\n${stacks(err ?? error)}`;
}

function valueText(value: unknown): string {
  return typeof value === 'string' && /^[\w./:*@-]+$/.test(value) ? value : visible(JSON.stringify(value));
}

/** Control and direction characters: what others chose, such as an id, must not steer the terminal. */
function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    return `\\u{${character.codePointAt(0)?.toString(16)}}`;
  });
}

function stacks(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const { stack, message, cause } = error as { stack?: unknown; message?: unknown; cause?: unknown };
  const lines = String(stack ?? message).split('\n');
  const causes = stacks(cause);
  return `${lines.map((line) => `    ${visible(line)}\n`).join('')}${causes === '' ? '' : `    caused by:\n${causes}`}`;
}
