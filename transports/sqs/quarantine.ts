import { Mutex } from 'async-mutex';
import type { Quarantine } from '../../src/core/quarantine.js';
import { createQuarantine, type Taking } from '../../src/core/quarantine-work.js';
import { SqsError, type ReceivedMessage, type SqsApi } from './api.js';
import { redriveEntry } from './copies.js';
import { readEnvelope, headerNames } from './envelope.js';
import { notSent, setupError, transportErrorOf } from './errors.js';
import { createHeldLetters } from './held-letters.js';
import { legalAddress, namesOf } from './names.js';
import { sqsSettings, type SqsSettings, type SqsTransportOptions } from './options.js';
import { contentOf, entryOf } from './quarantine-entry.js';
import { createSdkApi } from './sdk-api.js';

export interface SqsQuarantineOptions extends SqsTransportOptions {
  readonly address: string;
}

/**
 * The dead letters of an address. Needs permission to receive, delete and change the visibility of messages of
 * `<prefix><address>-dlq.fifo`, to read its attributes and, to redrive, to send to `<prefix><address>.fifo`. Each piece
 * of work fails with a TransportError: `unroutable` where there is no such queue, `busy` while another works at it,
 * `unavailable` where SQS is away, and `setup`.
 */
export function openQuarantine(options: SqsQuarantineOptions): Quarantine {
  const settings = sqsSettings(options);
  const api = createSdkApi(settings);
  const turn = new Mutex();
  return createQuarantine<ReceivedMessage>(
    {
      take: (work) =>
        turn.runExclusive(async () => {
          try {
            return await takeOne(settings, api, options.address, work);
          } catch (error) {
            throw error instanceof SqsError ? transportErrorOf(error) : error;
          }
        }),
      async close() {
        api.close();
      },
    },
    settings.clock,
  );
}

async function takeOne<T>(
  settings: SqsSettings,
  api: SqsApi,
  address: string,
  work: (taking: Taking<ReceivedMessage>) => Promise<T>,
): Promise<T> {
  const names = namesOf(settings);
  const [queue, deadLetters] = [names.queue(address), names.deadLetters(address)];
  if (queue === undefined || deadLetters === undefined) {
    throw setupError(`expected an address of ${legalAddress}, got ${JSON.stringify(address)}`);
  }
  const url = await urlOf(api, deadLetters);
  const counts = await api.queueAttributes(url);
  if (Number(counts['ApproximateNumberOfMessagesNotVisible'] ?? 0) > 0) {
    throw notSent(
      'busy',
      `expected nobody else to work at ${JSON.stringify(deadLetters)}; what they hold comes back when they are done`,
    );
  }
  const held = createHeldLetters(settings, api, url);
  const believes = new Set(settings.believes);
  let target: Promise<string> | undefined;

  async function redrive(
    letter: ReceivedMessage,
    how: Parameters<Taking<ReceivedMessage>['redrive']>[1],
  ): Promise<void> {
    const { own, sender: copier } = readEnvelope(letter);
    const first = own(headerNames.sender);
    const isBelieved = first !== undefined && copier !== undefined && believes.has(copier);
    const sender = isBelieved ? first : copier;
    const entry = redriveEntry(letter, how, { name: settings.random.uuid(), sender, address });
    const [outcome] = await api.sendBatch(await (target ??= urlOf(api, queue ?? '')), [entry]);
    if (outcome?.ok === false) throw outcome.error;
  }

  try {
    return await work({
      total: Number(counts['ApproximateNumberOfMessages'] ?? 0),
      next: () => held.next(),
      entryOf,
      contentOf,
      redrive,
      forget: (letter) => held.forget(letter),
    });
  } finally {
    await held.giveBack();
  }
}

async function urlOf(api: SqsApi, queue: string): Promise<string> {
  const url = await api.queueUrl(queue);
  if (url !== undefined) return url;
  throw notSent(
    'unroutable',
    `expected queue ${JSON.stringify(queue)} to exist, got none: no worker has served that address`,
  );
}
