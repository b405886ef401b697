import { readFile, writeFile } from 'node:fs/promises';
import type { Table } from './group.js';

/** What one run of a group has found, and where. */
export interface GroupResult {
  readonly date: string;
  readonly seed: number;
  /** As '2 cores, Intel(R) Xeon(R) Processor'. */
  readonly machine: string;
  /** Of what took part: Node, amqplib, RabbitMQ. */
  readonly versions: Readonly<Record<string, string>>;
  readonly tables: readonly Table[];
}

export type Results = Readonly<Record<string, GroupResult>>;

const file = new URL('results.json', import.meta.url);

/** Of the last run of each group. */
export async function readResults(): Promise<Results> {
  const text = await readFile(file, 'utf8').catch(() => '{}');
  return JSON.parse(text) as Results;
}

export async function writeResults(results: Results): Promise<void> {
  await writeFile(file, toJson(results));
}

/** As it is kept: four digits say more than was measured, and JSON has no NaN. */
export function brief({ rows, ...table }: Table): Table {
  const cell = (value: string | number): string | number => {
    if (typeof value === 'string' || Number.isInteger(value)) return value;
    return Number.isFinite(value) ? Number(value.toPrecision(4)) : '–';
  };
  return { ...table, rows: rows.map((row) => row.map(cell)) };
}

/** A line for each row: a later run is compared by its diff. */
export function toJson(value: unknown): string {
  const rows: string[] = [];
  const isRow = (item: unknown) => Array.isArray(item) && item.every((cell) => typeof cell !== 'object');
  const marked = JSON.stringify(
    value,
    (_, item: unknown) => (isRow(item) ? `row ${rows.push(JSON.stringify(item)) - 1}` : item),
    2,
  );
  return `${marked.replace(/"row (\d+)"/g, (_, nth: string) => rows[Number(nth)] ?? '')}\n`;
}
