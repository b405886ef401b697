import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** The path of a file with `content`, as JSON unless it is text; gone when the test is over. */
export async function fileWith(content: unknown): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'samovar-demo-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'requests.json');
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}
