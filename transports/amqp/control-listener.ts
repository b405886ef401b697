import type { Channel } from 'amqplib';
import type { ConsumeOptions } from '../../src/core/transport.js';
import { consumeFrom } from './consume-from.js';
import { planControl } from './control-plan.js';
import type { Counters } from './counters.js';
import { declareOn } from './declaring.js';
import { messageOf as textOf } from './errors.js';
import type { Link } from './link.js';
import { explainRefusal } from './missing-right.js';
import { controlQueue } from './names.js';
import type { AmqpSettings } from './options.js';
import type { Act } from './rights.js';
import { bodyOf, messageOf, text, type RawMessage } from './wire.js';

/**
 * Hears the control messages of one address. Best effort: nothing that is in its way is in the way of requests, so it
 * has a channel of its own, and what fails is logged once and tried again with the next upkeep.
 */
export interface ControlListener {
  /** Declares what it needs, also what somebody has deleted, and listens. Never rejects. */
  attach(link: Link): Promise<void>;
  end(): void;
}

export interface ControlListenerParts {
  readonly settings: AmqpSettings;
  readonly counters: Counters;
  readonly address: string;
  readonly control: NonNullable<ConsumeOptions['control']>;
}

interface Ear {
  readonly link: Link;
  readonly channel: Channel;
  readonly queue: string;
  isListening: boolean;
}

export function createControlListener(parts: ControlListenerParts): ControlListener {
  const { settings, counters, address } = parts;
  const { log, random } = settings;
  let ear: Ear | undefined;
  let ended = false;
  let warned = false;
  let attaching = Promise.resolve();

  async function earOn(link: Link): Promise<Ear> {
    if (ear?.link === link) return ear;
    const channel = await link.channel();
    const opened: Ear = { link, channel, queue: controlQueue(random.uuid()), isListening: false };
    channel.on('close', () => forget(opened));
    return (ear = opened);
  }

  /** With its consumer the broker deletes the queue. */
  function forget(gone: Ear): void {
    if (ear === gone) ear = undefined;
    // Rejects when it is closed already.
    void Promise.resolve()
      .then(() => gone.channel.close())
      .catch(() => undefined);
  }

  async function listen(link: Link): Promise<void> {
    const current = await earOn(link);
    const { channel, queue } = current;
    let act: Act | undefined;
    try {
      for (act of planControl(address, queue).declares) await declareOn(channel, act);
      if (current.isListening) return;
      act = undefined;
      await consumeFrom(queue, { link, channel }, (raw) => (raw ? take(raw) : forget(current)), { noAck: true });
      current.isListening = true;
    } catch (error) {
      forget(current);
      throw (act && explainRefusal(link, act, error)) ?? error;
    }
  }

  function take(raw: RawMessage): void {
    counters.add('control_received');
    const { type, userId } = raw.properties;
    const { body } = bodyOf(raw.content, settings.maxBodyBytes);
    try {
      parts.control(messageOf(raw, { action: text(type), body, newId: () => random.uuid() }), text(userId));
    } catch (error) {
      log.error({ address, err: error }, 'hearing a control message failed');
    }
  }

  async function attachOnce(link: Link): Promise<void> {
    if (ended || link.isGone) return;
    try {
      await listen(link);
      warned = false;
    } catch (error) {
      if (link.isGone || warned) return;
      warned = true;
      log.warn({ address, reason: textOf(error) }, 'cancels of callers are not heard: calls run on to their deadline');
    } finally {
      if (ended && ear) forget(ear);
    }
  }

  return {
    attach: (link) => (attaching = attaching.then(() => attachOnce(link))),
    end() {
      ended = true;
      if (ear) forget(ear);
    },
  };
}
