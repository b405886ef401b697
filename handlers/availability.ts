import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineAction, defineHandler, exclusive, failed, reply, systemClock, type Clock, type Handler } from 'samovar';
import { z } from 'zod';
import { pause } from './pause.js';

export const availability = defineAction({
  name: 'availability',
  summary: 'Brings the availability of all products up to date with their stock, and tells whoever watches them.',
  to: 'products',
  request: z.object({
    test_only: z.boolean().default(false).describe('Only say what would change.'),
    send_email: z.boolean().default(false).describe('Write a mail for each change.'),
  }),
  response: z.object({
    checked: z.int().nonnegative().describe('Products looked at.'),
    available: z.array(z.string()).describe('Those that were sold out, and are there again.'),
    soldOut: z.array(z.string()).describe('Those that were there, and are sold out.'),
    mails: z.int().nonnegative(),
    startedAt: z.iso.datetime(),
    readyAt: z.iso.datetime(),
  }),
  errors: { unreadable_catalogue: z.object({ reason: z.string() }) },
});

const catalogueFile = z.array(
  z.object({
    product: z.string().min(1),
    stock: z.int().nonnegative(),
    available: z.boolean(),
    watchers: z.array(z.email()).default([]),
  }),
);

type Catalogue = z.output<typeof catalogueFile>;

/** Where the products are. */
export const shopSettings = z.object({
  catalogue: z
    .string()
    .startsWith('/')
    .optional()
    .describe('A JSON file: a list of { product, stock, available, watchers }. Left out: three products in memory.'),
  outbox: z.string().startsWith('/').optional().describe('A folder for the mails, one .eml file each. Left out: none.'),
  checkMs: z.int().nonnegative().default(20).describe('How long it takes to ask the warehouse for one product.'),
});

export interface AvailabilityOptions extends Partial<z.output<typeof shopSettings>> {
  readonly clock?: Clock;
}

/**
 * Whoever reads the catalogue and writes it back must be alone with it. On SQS its queue sees to that, for all services
 * at once; the lock does where a node's queue carries other work, too.
 */
export function handleAvailability(options: AvailabilityOptions = {}): Handler {
  const { catalogue: file, outbox, checkMs = 20, clock = systemClock } = options;
  let inMemory: Catalogue = [
    { product: 'kettle', stock: 3, available: true, watchers: [] },
    { product: 'samovar', stock: 1, available: false, watchers: ['ann@example.com'] },
    { product: 'teapot', stock: 0, available: true, watchers: ['bob@example.com'] },
  ];

  async function read(): Promise<Catalogue> {
    if (file === undefined) return inMemory;
    try {
      return catalogueFile.parse(JSON.parse(await readFile(file, 'utf8')));
    } catch (error) {
      const reason = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
      throw failed('unreadable_catalogue', { reason: reason.replaceAll(file, 'the catalogue') });
    }
  }

  /** All of it or nothing: a reader never meets half a file. */
  async function write(catalogue: Catalogue): Promise<void> {
    inMemory = catalogue;
    if (file === undefined) return;
    await writeFile(`${file}.new`, `${JSON.stringify(catalogue, null, 2)}\n`);
    await rename(`${file}.new`, file);
  }

  return defineHandler(availability, {
    locks: () => [exclusive('products')],
    async run({ test_only: testOnly, send_email: sendEmail }, { signal, messageId }) {
      const startedAt = new Date(clock.now()).toISOString();
      const before = await read();
      const after: Catalogue = [];
      for (const product of before) {
        await pause(clock, checkMs, signal);
        after.push({ ...product, available: product.stock > 0 });
      }
      const changed = after.filter(({ available }, index) => available !== before[index]?.available);
      const mails = sendEmail
        ? changed.flatMap(({ product, available, watchers }) => watchers.map((to) => ({ to, product, available })))
        : [];
      if (!testOnly) {
        await write(after);
        for (const [index, mail] of mails.entries()) await post(mail, `${messageId}-${index}`);
      }
      const namesOf = (wanted: boolean) =>
        changed.filter(({ available }) => available === wanted).map(({ product }) => product);
      const readyAt = new Date(clock.now()).toISOString();
      const counts = { checked: after.length, mails: mails.length };
      const answer = { ...counts, available: namesOf(true), soldOut: namesOf(false), startedAt, readyAt };
      return reply(answer, { message: `${changed.length} of ${after.length} products changed` });
    },
  });

  /** Named after the request: one that runs again after a crash writes the same mails, not more. */
  async function post(mail: { to: string; product: string; available: boolean }, name: string): Promise<void> {
    if (outbox === undefined) return;
    const subject = `${mail.product} is ${mail.available ? 'there again' : 'sold out'}`;
    const text = `To: ${mail.to}\r\nSubject: =?utf-8?B?${Buffer.from(subject).toString('base64')}?=\r\n\r\n`;
    await writeFile(join(outbox, `${name}.eml`), text);
  }
}
