/** `npm run faults-table`: writes docs/faults.md from the report of the last `npm test`. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { rows } from './rows.js';
import { render, resultsOf, type Report } from './table.js';

const report = JSON.parse(await readFile('.tmp/vitest.json', 'utf8')) as Report;
await mkdir('docs', { recursive: true });
await writeFile('docs/faults.md', render(rows, resultsOf(report, process.cwd())));
