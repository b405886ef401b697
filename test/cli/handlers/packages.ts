import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createClient, silentLog, systemClock, type HandlerSetup } from 'samovar';
import { createMemoryTransport } from 'samovar/memory';
import { expect, onTestFinished } from 'vitest';
import { ConfigurationError } from '../../../src/config/configuration-error.js';
import type { HandlerReference } from '../../../src/config/settings.js';
import { repository } from '../../gates/sources.js';

export interface Folder {
  readonly path: string;
  /** Writes files below it, as JSON unless they are text. */
  write(files: Readonly<Record<string, unknown>>): Promise<void>;
  link(target: string, path: string): Promise<void>;
  read(name: string): Promise<string>;
}

/** A folder with zod in its node_modules; gone when the test is over. */
export async function temporaryFolder(): Promise<Folder> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'samovar-handlers-')));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  const folder: Folder = {
    path,
    async write(files) {
      for (const [name, content] of Object.entries(files)) {
        await mkdir(dirname(join(path, name)), { recursive: true });
        await writeFile(join(path, name), typeof content === 'string' ? content : JSON.stringify(content));
      }
    },
    async link(target, name) {
      await mkdir(dirname(join(path, name)), { recursive: true });
      await symlink(target, join(path, name));
    },
    read: (name) => readFile(join(path, name), 'utf8'),
  };
  await folder.link(join(repository, 'node_modules/zod'), 'node_modules/zod');
  return folder;
}

/** Source text of an array of handlers that answer `actions`, made without samovar. */
export function handlersOf(...actions: string[]): string {
  const handlers = actions.map(
    (name) =>
      `{ action: { name: '${name}', summary: 'Says ${name}.', request: z.object({}), response: z.string(), errors: {} }, run: () => '${name}' }`,
  );
  return `[${handlers.join(', ')}]`;
}

/** Source text of an ES module whose default export are such handlers. */
export function moduleOf(...actions: string[]): string {
  return `import { z } from 'zod';\nexport default ${handlersOf(...actions)};\n`;
}

export function reference(use: string, folder: Folder, settings?: unknown): HandlerReference {
  return {
    use,
    folder: folder.path,
    settings,
    locate: (path = []) => `samovar.yml:3:${path.length + 1}`,
  };
}

/** What a worker gives to set-ups, and the tasks it would run at its end. */
export function setupParts(): { setup: Omit<HandlerSetup, 'settings'>; tasks: (() => void | Promise<void>)[] } {
  const tasks: (() => void | Promise<void>)[] = [];
  const client = createClient({ transport: createMemoryTransport() });
  return {
    tasks,
    setup: {
      log: silentLog,
      clock: systemClock,
      client,
      signal: new AbortController().signal,
      onStop: (task) => void tasks.push(task),
    },
  };
}

/** The message of the error that `work` ends with. */
export async function refusal(work: Promise<unknown>, name = 'ConfigurationError'): Promise<string> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ConfigurationError);
  expect((error as Error).name).toBe(name);
  return (error as Error).message;
}
