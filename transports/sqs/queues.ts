import { delay } from '../../src/core/clock.js';
import { SqsError, type Attributes, type SqsApi } from './api.js';
import { setupError } from './errors.js';
import { legalAddress, type Names } from './names.js';
import type { SqsSettings } from './options.js';
import { isLasting } from './sdk-errors.js';
import { addressShape, checkAddressQueue, checkFifo, deadLetterShape, inboxShape } from './queue-shape.js';
import { createQueueUrls } from './queue-urls.js';

/** The queues of this prefix. Their URLs are found once and remembered; each is looked for by one call at a time. */
export interface Queues {
  /**
   * The URL of an address that is consumed, with its dead letters: created where missing (`ensure`), and checked.
   * @throws TransportError `setup` for what waiting does not mend; SqsError for what it may.
   */
  address(address: string): Promise<string>;
  /** The URL of its dead letters, found; undefined where there are none. @throws SqsError */
  deadLetters(address: string): Promise<string | undefined>;
  /** The URL of a queue by its full name, found and not created; undefined where there is none. @throws SqsError */
  find(name: string): Promise<string | undefined>;
  /** How long ago it was first looked for in vain: Infinity where it was there before. */
  missingForMs(name: string): number;
  /** The same, as far as it is known without asking. */
  known(name: string): string | undefined;
  /**
   * Creates the standard queue where replies come in, under that name; its `samovar-alive` tag is kept fresh.
   * @throws SqsError, TransportError `setup`
   */
  createInbox(name: string): Promise<string>;
  /** Deletes such a queue, and leaves its tag alone from the call on. @throws SqsError */
  deleteInbox(name: string): Promise<void>;
  /** The URLs of those that were created here, by their names. */
  readonly ownInboxes: ReadonlyMap<string, string>;
  /** SQS says that there is no such queue (any more): by its name or its URL. */
  forget(nameOrUrl: string): void;
}

/** A name is free again a minute after its queue was deleted ("DeleteQueue"); some time is left for that to spread. */
const freeAgainMs = 75_000;
const triesEveryMs = 5_000;

/** Tag of a reply queue: when its owner was last alive, in epoch seconds. */
export const aliveTag = 'samovar-alive';

export function createQueues(parts: {
  readonly settings: SqsSettings;
  readonly api: SqsApi;
  readonly names: Names;
  /** Ends waits. */
  readonly closing: AbortSignal;
}): Queues {
  const { settings, api, names, closing } = parts;
  const { clock, ensure, log, visibilityTimeoutMs } = settings;
  const urls = createQueueUrls(settings, api);
  const ensuring = new Map<string, Promise<string>>();
  const ownInboxes = new Map<string, string>();

  async function create(name: string, shape: Attributes, tags?: Attributes): Promise<string> {
    const endMs = clock.monotonicMs() + freeAgainMs;
    for (;;) {
      try {
        const url = await api.createQueue(name, shape, tags);
        urls.add(name, url);
        return url;
      } catch (error) {
        if (!(error instanceof SqsError) || error.kind !== 'conflict' || clock.monotonicMs() > endMs) throw error;
        urls.forget(name);
        // Somebody else was faster, and gave it other attributes: these are checked. Else it was deleted just now.
        const url = await urls.find(name);
        if (url !== undefined) return url;
        log.warn({ queue: name, reason: error.message }, 'a queue cannot be created yet');
        await delay(clock, triesEveryMs, closing);
      }
    }
  }

  async function ensured(name: string, shape: Attributes): Promise<string> {
    const url = await urls.find(name);
    if (url !== undefined) return url;
    if (ensure) return create(name, shape);
    const standard = name.replace(/\.fifo$/, '');
    const isStandard = (await urls.find(standard)) !== undefined;
    const got = isStandard ? `only the standard queue ${JSON.stringify(standard)}` : 'none';
    throw setupError(
      `expected FIFO queue ${JSON.stringify(name)} to exist, got ${got}: create it, or set ensure: true`,
    );
  }

  async function ensureAddress(queue: string, deadLetters: string): Promise<string> {
    const deadLetterUrl = await ensured(deadLetters, deadLetterShape);
    const deadLetterAttributes = await api.queueAttributes(deadLetterUrl);
    checkFifo(deadLetters, deadLetterAttributes);
    const rules = { deadLetters: deadLetterAttributes, visibilityTimeoutMs };
    const url = await ensured(queue, addressShape(rules));
    checkAddressQueue(queue, await api.queueAttributes(url), rules);
    return url;
  }

  /** What was remembered may be gone; what is refused now will be refused again. */
  async function explained<T>(queues: readonly string[], work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      for (const name of queues) urls.forget(name);
      if (!(error instanceof SqsError) || !isLasting(error)) throw error;
      const expected =
        error.kind === 'denied' ? `expected to be allowed to use queue ${JSON.stringify(queues[0])}, got: ` : '';
      throw setupError(`${expected}${error.message}`, error);
    }
  }

  return {
    async address(address) {
      const queue = names.queue(address);
      const deadLetters = names.deadLetters(address);
      if (queue === undefined || deadLetters === undefined) {
        throw setupError(`expected an address of ${legalAddress}, got ${JSON.stringify(address)}`);
      }
      let work = ensuring.get(queue);
      if (!work) {
        work = explained([queue, deadLetters], ensureAddress(queue, deadLetters)).finally(() => ensuring.delete(queue));
        ensuring.set(queue, work);
      }
      return work;
    },
    async deadLetters(address) {
      const name = names.deadLetters(address);
      return name === undefined ? undefined : urls.find(name);
    },
    find: (name) => urls.find(name),
    missingForMs: (name) => urls.missingForMs(name),
    known: (name) => urls.known(name),
    async createInbox(name) {
      const tags = { [aliveTag]: String(Math.floor(clock.now() / 1_000)) };
      const url = await explained([name], create(name, inboxShape, tags));
      ownInboxes.set(name, url);
      return url;
    },
    async deleteInbox(name) {
      const url = ownInboxes.get(name);
      if (url === undefined) return;
      ownInboxes.delete(name);
      urls.forget(name);
      await api.deleteQueue(url);
    },
    ownInboxes,
    forget: (nameOrUrl) => urls.forget(nameOrUrl.slice(nameOrUrl.lastIndexOf('/') + 1)),
  };
}
