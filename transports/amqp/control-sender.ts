import type { Channel } from 'amqplib';
import { TransportError, type Message } from '../../src/core/transport.js';
import type { Counters } from './counters.js';
import { closedError, messageOf, notSent, replyCodeOf, replyCodes } from './errors.js';
import type { Link } from './link.js';
import { explainRefusal } from './missing-right.js';
import { controlExchange } from './names.js';
import type { AmqpSettings } from './options.js';
import { contentOf } from './parcel.js';
import { propertiesOf } from './wire.js';

/**
 * Publishes control messages, unconfirmed, on a channel of its own that is opened for the first: where the exchange is
 * gone, or may not be written to, the broker closes the channel, and with it nothing else.
 */
export interface ControlSender {
  /** Resolves once it is written. Waits for no connection. @throws TransportError and nothing else. */
  send(address: string, message: Message): Promise<void>;
  /** Resolves once the broker has read what was written. */
  close(): Promise<void>;
}

export interface ControlSenderParts {
  readonly settings: AmqpSettings;
  readonly counters: Counters;
  /** Where to publish, if there is a connection now. */
  readonly link: () => Link | undefined;
}

interface Mouth {
  readonly link: Link;
  readonly channel: Promise<Channel>;
  /** Resolves when what was written has left; undefined while there is room. */
  drained: Promise<void> | undefined;
}

/** Where no worker hears control messages there is no exchange: it is looked for this often at most. */
const missingForMs = 1_000;

export function createControlSender({ settings, counters, link: current }: ControlSenderParts): ControlSender {
  const { app, clock, log, maxBodyBytes, maxWaitingSends } = settings;
  const sends = new Set<Promise<void>>();
  let mouth: Mouth | undefined;
  let missingUntilMs = -Infinity;
  let deniedOn: Link | undefined;
  let warned = false;
  let closed = false;

  async function open(link: Link, onClosed: () => void): Promise<Channel> {
    const channel = await link.channel();
    channel.on('error', (error: unknown) => noteRefusal(link, error)).on('close', onClosed);
    // Not declared: without one nobody hears, and an existing consumer's broker is left as it is.
    await channel.checkExchange(controlExchange);
    return channel;
  }

  function noteRefusal(link: Link, error: unknown): void {
    const code = replyCodeOf(error);
    if (code === replyCodes.notFound) missingUntilMs = clock.monotonicMs() + missingForMs;
    if (code !== replyCodes.accessRefused) return;
    deniedOn = link;
    if (warned) return;
    warned = true;
    const publishing = { kind: 'publishing', exchange: controlExchange, from: controlExchange } as const;
    const reason = messageOf(explainRefusal(link, publishing, error) ?? error);
    log.warn({ reason }, 'workers cannot be told that their callers gave up: calls run on to their deadline');
  }

  function mouthOn(link: Link): Mouth {
    if (mouth?.link === link) return mouth;
    const forget = (): void => {
      if (mouth === opened) mouth = undefined;
    };
    const opened: Mouth = { link, channel: open(link, forget), drained: undefined };
    opened.channel.catch(forget);
    return (mouth = opened);
  }

  async function write(address: string, message: Message): Promise<void> {
    const link = current();
    if (closed) throw closedError();
    if (!link || link.isBlocked)
      throw notSent('unavailable', 'a control message waits for no connection, and there is none');
    if (deniedOn === link) throw notSent('setup', `expected the write permission on exchange "${controlExchange}"`);
    if (clock.monotonicMs() < missingUntilMs) throw unheard();
    if (sends.size >= maxWaitingSends)
      throw notSent('busy', `expected at most ${maxWaitingSends} control messages to wait`);
    const content = contentOf(message, maxBodyBytes);
    const on = mouthOn(link);
    const channel = await on.channel;
    while (on.drained) await on.drained;
    const moment = { app, account: link.account, nowMs: clock.now(), replyTo: undefined, deadlineOnly: {} };
    if (!channel.publish(controlExchange, address, content, propertiesOf(message, moment))) {
      on.drained = new Promise((resolve) => {
        const goOn = (): void => {
          on.drained = undefined;
          resolve();
        };
        channel.once('drain', goOn).once('close', goOn);
      });
    }
    counters.add('control_sent');
  }

  return {
    async send(address, message) {
      const sending = write(address, message).catch((error: unknown) => {
        if (error instanceof TransportError) throw error;
        throw replyCodeOf(error) === replyCodes.notFound
          ? unheard()
          : notSent('unavailable', `a control message could not be written: ${messageOf(error)}`, error);
      });
      sends.add(sending);
      await sending.finally(() => sends.delete(sending));
    },
    async close() {
      closed = true;
      await Promise.allSettled(sends);
      const channel = await mouth?.channel.catch(() => undefined);
      await channel?.close().catch(() => undefined);
    },
  };
}

function unheard(): TransportError {
  return notSent(
    'unroutable',
    `expected exchange "${controlExchange}" to exist, got none: no worker hears control messages`,
  );
}
