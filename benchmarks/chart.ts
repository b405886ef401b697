import type { Table } from './group.js';
import { show } from './render.js';

const line = 26;
const labels = 250;
const bars = 400;
const width = labels + bars + 80;

/** One column of a table as bars, of the same table always the same. */
export function renderChart({ title, columns, rows, chart }: Table): string {
  const at = columns.indexOf(chart?.column ?? '');
  const drawn = rows.flatMap((row) => {
    const value = row[at];
    return typeof value === 'number' ? [{ name: String(row[0]), value }] : [];
  });
  const most = Math.max(...drawn.map(({ value }) => value));
  const height = 40 + drawn.length * line;
  const shapes = drawn.flatMap(({ name, value }, nth) => {
    const y = 36 + nth * line;
    const long = Math.max(1, Math.round((value / most) * bars));
    return [
      `  <text x="${labels - 8}" y="${y + 14}" text-anchor="end">${escaped(name)}</text>`,
      `  <rect x="${labels}" y="${y}" width="${long}" height="${line - 6}" rx="2"${name.startsWith('Samovar') ? ' class="own"' : ''}/>`,
      `  <text x="${labels + long + 6}" y="${y + 14}">${show(value)}</text>`,
    ];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">`,
    `  <style>${style}</style>`,
    `  <text x="8" y="20" class="title">${escaped(`${title}: ${columns[at] ?? ''}`)}</text>`,
    ...shapes,
    '</svg>\n',
  ].join('\n');
}

/** Readable on a light and on a dark page. */
const style =
  'text{font:13px sans-serif;fill:#57606a}.title{font-weight:bold}rect{fill:#8c959f}.own{fill:#bc4c00}' +
  '@media(prefers-color-scheme:dark){text{fill:#adbac7}.own{fill:#f0883e}}';

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
