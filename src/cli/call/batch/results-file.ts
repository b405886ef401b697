import { closeSync, fstatSync, openSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { UsageError } from '../../failure.js';
import type { BatchRecord } from './record.js';

export interface ResultsFile {
  /**
   * The record is with the operating system when this returns: it outlives this process, however that ends.
   * @throws UsageError if it cannot be written.
   */
  write(record: BatchRecord): void;
  close(): void;
}

/** @throws UsageError if the file cannot be written, or holds the results of an earlier batch. */
export function openResultsFile(given: string, cwd: string): ResultsFile {
  const path = resolve(cwd, given);
  const file = open(path);
  const found = fstatSync(file);
  if (found.isFile() && found.size > 0) {
    closeSync(file);
    throw new UsageError(`expected --results to name a new file: ${path} may tell what an earlier batch has done`);
  }
  return {
    write(record) {
      const bytes = Buffer.from(`${JSON.stringify(record)}\n`);
      try {
        for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
      } catch (error) {
        throw notWritable(error);
      }
    },
    close: () => closeSync(file),
  };
}

function open(path: string): number {
  try {
    return openSync(path, 'a');
  } catch (error) {
    throw notWritable(error);
  }
}

function notWritable(cause: unknown): UsageError {
  return new UsageError(`expected --results to name a file that can be written: ${(cause as Error).message}`, {
    cause,
  });
}
