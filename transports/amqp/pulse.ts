import type { Channel } from 'amqplib';
import type { Link } from './link.js';
import type { AmqpSettings } from './options.js';

/** How often something is asked, or looked whether it was answered. */
const beatsPerHeartbeat = 8 / 3;
/** With the one before the question, these make less than two heartbeats after the last answer that got through. */
const mostMissed = 4;

/**
 * Cuts a link whose broker has not answered for two heartbeats. Each answer, on a channel of its own, proves that both
 * ways are open. Heartbeats tell less and later: the client library and RabbitMQ miss the second one of the other up to
 * three heartbeats after the last, and that nothing of ours arrives is noticed by the broker alone, if it lives.
 */
export function watchPulse(link: Link, { clock, heartbeatMs }: Pick<AmqpSettings, 'clock' | 'heartbeatMs'>): void {
  let channel: Channel | undefined;
  let isAsked = false;
  let missed = 0;
  let cancel: () => void = () => undefined;

  function wait(): void {
    // What came is read before it is judged: this process may have stood still, and the answer be here.
    cancel = clock.after(heartbeatMs / beatsPerHeartbeat, () => setImmediate(beat));
  }

  function beat(): void {
    if (link.isGone) return;
    // It reads nothing while it is short of memory or disk, and has said so.
    if (link.isBlocked) missed = 0;
    else if (!isAsked) void ask();
    else if (++missed === mostMissed) {
      link.cut(new Error(`the broker has not answered for two heartbeats (${2 * heartbeatMs} ms)`));
      return;
    }
    wait();
  }

  async function ask(): Promise<void> {
    isAsked = true;
    missed = 0;
    try {
      if (channel) await channel.prefetch(0);
      else channel = await opened();
    } catch {
      // The broker has closed the channel, or the link is going; both are an answer.
    } finally {
      isAsked = false;
    }
  }

  async function opened(): Promise<Channel> {
    const fresh = await link.channel();
    fresh.on('close', () => {
      channel = undefined;
    });
    return fresh;
  }

  link.onGone(() => cancel());
  wait();
}
