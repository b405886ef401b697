import { isAbsolute, relative } from 'node:path';
import type { Row, TestOf } from './rows.js';

/** What is read of vitest's JSON report. */
export interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

export type Result = 'passed' | 'failed' | 'not run';

/** What a run showed of a test, which may be one of many of a table. */
export function resultsOf(report: Report, root: string): (test: TestOf) => Result {
  return ([file, name]) => {
    const found = report.testResults
      .filter((each) => (isAbsolute(each.name) ? relative(root, each.name) : each.name) === file)
      .flatMap(({ assertionResults }) => assertionResults)
      .filter(({ fullName, status }) => fullName.includes(name) && (status === 'passed' || status === 'failed'));
    if (found.length === 0) return 'not run';
    return found.every(({ status }) => status === 'passed') ? 'passed' : 'failed';
  };
}

const kinds: Readonly<Record<string, string>> = {
  W: 'Workers',
  C: 'Callers',
  B: 'Broker and network',
  S: 'Amazon SQS',
  I: 'Bad input',
  L: 'Locks and idempotency',
  O: 'Overload',
};

const introduction = `# What has been broken, and what came of it

Each row is something that goes wrong in production, played with real processes, a real RabbitMQ and a real Redis
where it is about them, and on the strict emulator of SQS, mostly in virtual time. \`npm test\` plays all of them; \`npm run faults-table\` writes this page from its last run.
`;

/** The page of all rows, with what a run showed. */
export function render(rows: readonly Row[], resultOf: (test: TestOf) => Result): string {
  const sections = Object.entries(kinds).map(([letter, title]) => {
    const lines = rows.filter(({ id }) => id.startsWith(letter)).map((each) => line(each, resultOf));
    return [
      `## ${title}`,
      '',
      '| | What is done | What is promised | Result | Shown by |',
      '|---|---|---|---|---|',
      ...lines,
    ].join('\n');
  });
  return [introduction, ...sections.map((section) => `${section}\n`)].join('\n');
}

function line({ id, done, promised, tests, reason }: Row, resultOf: (test: TestOf) => Result): string {
  const results = new Set(tests.map(resultOf));
  const worst = (['failed', 'not run', 'passed'] as const).find((result) => results.has(result)) ?? 'no test';
  const shownBy = [...tests.map(described), ...(reason === undefined ? [] : [reason])].join('<br>');
  return `| ${[id, done, promised, worst, shownBy].map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function described([file, name]: TestOf): string {
  return name === '' ? `\`${file}\`` : `\`${file}\`: ${name.replaceAll("'", '')}`;
}
