import { backoffMs } from '../../src/core/backoff.js';
import { delay, within } from '../../src/core/clock.js';
import type {
  ConsumeOptions,
  Consumer,
  Inbox,
  InboxHandlers,
  Message,
  Receive,
  SendOptions,
  Transport,
} from '../../src/core/transport.js';
import { SqsError } from './api.js';
import { startConsumer, type SqsConsumer } from './consumer.js';
import { createCounters } from './counters.js';
import { closedError, copyOf, transportErrorOf } from './errors.js';
import { createHealth } from './health.js';
import { startInbox } from './inbox.js';
import { namesOf } from './names.js';
import type { SqsSettings } from './options.js';
import { parcelOf } from './parcel.js';
import type { SqsParts } from './parts.js';
import { createQueues } from './queues.js';
import { createSdkApi } from './sdk-api.js';
import { hasNoCredentials, isLasting } from './sdk-errors.js';
import { createSender } from './sender.js';
import { createSetAside } from './set-aside.js';
import { createSweeper } from './sweeper.js';
import { traitsOf } from './traits.js';

export interface SqsTransport extends Transport, AsyncDisposable {}

const startBackoff = { firstDelayMs: 200, maxDelayMs: 5_000 };

export function createTransport(settings: SqsSettings): SqsTransport {
  const { clock, maxBodyBytes, random, requestTimeoutMs } = settings;
  const api = createSdkApi(settings);
  const names = namesOf(settings);
  const counters = createCounters();
  const health = createHealth(settings, counters);
  const ending = new AbortController();
  const queues = createQueues({ settings, api, names, closing: ending.signal });
  const parts: SqsParts = {
    ...{ settings, api, names, queues, counters, availability: health },
    rules: { maxBodyBytes, believes: new Set(settings.believes), isInbox: names.isInbox },
    setProblem: health.setProblem,
    closing: ending.signal,
    setAside: createSetAside({ settings, api, queues }),
  };
  const sender = createSender(parts);
  const sweeper = createSweeper(parts);
  const consumers = new Set<SqsConsumer>();
  /** Those too that have stopped, and whose deliveries in hand are still settled. */
  const settling = new Set<SqsConsumer>();
  const inboxes = new Set<Inbox>();
  let closing: Promise<void> | undefined;

  /** Until SQS answers: a start waits for it, and only a set-up that can never work ends it. */
  async function started<T>(start: () => Promise<T>, undo: (started: T) => Promise<void>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      if (closing) throw closedError();
      try {
        const made = await start();
        health.ok();
        if (!closing) return made;
        await undo(made);
      } catch (error) {
        if (!(error instanceof SqsError)) throw ending.signal.aborted ? closedError() : copyOf(error);
        health.failed(error);
        if (isLasting(error) || hasNoCredentials(error)) throw transportErrorOf(error);
        await delay(clock, backoffMs(tries, startBackoff, random), ending.signal).catch(() => undefined);
      }
    }
  }

  async function consume(address: string, options: ConsumeOptions, receive: Receive): Promise<Consumer> {
    if (!(Number.isInteger(options.intake) && options.intake >= 1)) {
      throw new TypeError(`expected intake to be an integer of at least 1, got ${options.intake}`);
    }
    const consumer = await started(
      () => startConsumer(parts, address, options, receive),
      (made) => made.stop(),
    );
    consumers.add(consumer);
    settling.add(consumer);
    void consumer.over.then(() => settling.delete(consumer));
    void consumer.lost.then(() => consumers.delete(consumer));
    return {
      lost: consumer.lost,
      stop() {
        consumers.delete(consumer);
        return consumer.stop();
      },
    };
  }

  async function openInbox(on: InboxHandlers): Promise<Inbox> {
    const inbox = await started(
      () => startInbox(parts, on),
      (made) => made.close(),
    );
    inboxes.add(inbox);
    sweeper.start();
    return {
      get address() {
        return inbox.address;
      },
      close: () => inbox.close().finally(() => inboxes.delete(inbox)),
    };
  }

  async function close(): Promise<void> {
    ending.abort(closedError());
    sweeper.stop();
    await Promise.all([
      sender.close(),
      within(clock, settings.pollMs + requestTimeoutMs, Promise.all([...settling].map((consumer) => consumer.stop()))),
    ]);
    await within(clock, requestTimeoutMs, Promise.all([...inboxes].map((each) => each.close())));
    api.close();
    health.close();
  }

  function closeOnce(): Promise<void> {
    closing ??= close();
    return closing;
  }

  return {
    name: 'sqs',
    traits: traitsOf(settings),
    get status() {
      return closing ? 'closed' : health.status;
    },
    send(address: string, message: Message, options: SendOptions = {}) {
      try {
        if (closing) throw closedError();
        // Nobody listens for them (`traits.canCancel`).
        if (options.control === true) return Promise.resolve();
        return sender.post(parcelOf(address, message, options, { names, maxBodyBytes }));
      } catch (error) {
        return Promise.reject(copyOf(error));
      }
    },
    consume,
    openInbox,
    health: () =>
      health.snapshot({
        waiting_sends: sender.waiting,
        consumers: consumers.size,
      }),
    close: closeOnce,
    [Symbol.asyncDispose]: closeOnce,
  };
}
