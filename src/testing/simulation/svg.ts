import type { SimulationEvent } from './history.js';
import type { Violation } from './invariant.js';
import { columns, textOf } from './story.js';

const rowHeight = 18;
const columnWidth = 260;
const left = 80;
const right = left + columnWidth * columns.length;

/** The timeline as a picture: a line for each column, a dot for each event, and what was broken in red. */
export function drawStory(
  title: readonly string[],
  events: readonly SimulationEvent[],
  violations: readonly Violation[],
): string {
  const parts: string[] = [];
  let row = 1;
  const text = (x: number, words: string, style = ''): void => {
    parts.push(`<text x="${x}" y="${row * rowHeight}"${style}>${escaped(words)}</text>`);
  };
  for (const line of title) {
    text(10, line, ' font-weight="bold"');
    row += 1;
  }
  row += 1;
  const topRow = row;
  columns.forEach((column, nth) => text(left + nth * columnWidth, column, ' font-weight="bold"'));
  events.forEach((event, index) => {
    row += 1;
    text(10, String(event.atMs), ' fill="#666"');
    if (event.column === 'fault') {
      const y = row * rowHeight - 13;
      parts.push(`<rect x="${left - 10}" y="${y}" width="${right - left}" height="${rowHeight}" fill="#ffe9b3"/>`);
      text(left, textOf(event));
    } else {
      const x = left + columns.indexOf(event.column) * columnWidth;
      parts.push(`<circle cx="${x}" cy="${row * rowHeight - 4}" r="3"/>`);
      text(x + 8, textOf(event));
    }
    for (const violation of violations) {
      if (violation.after !== index + 1) continue;
      row += 1;
      text(left, `${violation.invariant}: ${violation.what}`, ' fill="#b00020" font-weight="bold"');
    }
  });
  const height = (row + 2) * rowHeight;
  const lines = columns.map((_, nth) => {
    const x = left + nth * columnWidth;
    return `<line x1="${x}" y1="${(topRow + 0.5) * rowHeight}" x2="${x}" y2="${height - rowHeight}" stroke="#ccc"/>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${right}" height="${height}" font-family="monospace" font-size="12">`,
    '<rect width="100%" height="100%" fill="white"/>',
    ...lines,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
