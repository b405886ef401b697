import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineHandler, exclusive, failed, type Handler, type HandlerSetup } from 'samovar';
import { z } from 'zod';
import { addNote } from './contract.js';

// `samovar call` sets nothing up: it knows the actions that this module exports by name.
export { addNote };

/** What the worker's configuration may say under `settings`. With `handlers: auto` all of it must have defaults. */
export const settings = z.strictObject({
  folder: z.string().min(1).default('notes').describe('Where the lists are kept.'),
  mostNotes: z.int().positive().default(1_000).describe('A list with so many notes is full.'),
});

type Settings = z.output<typeof settings>;

/** Called once for each virtual host, before anything is consumed. What it throws fails the start. */
export default async function setUp(
  setup: Pick<HandlerSetup<Settings>, 'settings' | 'log' | 'onStop'>,
): Promise<Handler[]> {
  const { folder } = setup.settings;
  await mkdir(folder, { recursive: true });
  setup.log.info({ folder }, 'keeping notes');
  // Where a pool or a file stays open: setup.onStop(() => pool.close()).
  return [handleAddNote(setup.settings)];
}

function handleAddNote({ folder, mostNotes }: Settings): Handler {
  return defineHandler(addNote, {
    // Two requests for one list wait for each other; those for other lists do not.
    locks: ({ list }) => [exclusive(`example-notes:${list}`)],
    async run({ list, text }, { signal }) {
      const file = join(folder, `${list}.ndjson`);
      const notes = await countLines(file, signal);
      if (notes >= mostNotes) throw failed('list_full', { notes });
      await appendFile(file, `${JSON.stringify(text)}\n`);
      return { notes: notes + 1 };
    },
  });
}

async function countLines(file: string, signal: AbortSignal): Promise<number> {
  try {
    return (await readFile(file, { encoding: 'utf8', signal })).split('\n').length - 1;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0;
    throw error;
  }
}
