import { TransportError, type Message, type Transport } from '../../core/transport.js';
import type { SendOptions } from '../../core/transport.js';
import type { MemoryTransport } from '../../../transports/memory/index.js';
import type { SimulatedProcess } from './process.js';
import { arrived, onItsWay } from './envelope.js';
import { trackSent } from './tracking.js';
import { latencyMs, type World } from './world.js';

/** How one process reaches the broker. */
export interface Link {
  readonly transport: Transport;
  cut(forMs: number): void;
  pause(): void;
  resume(stoodStillMs: number): void;
  crash(): void;
}

const mostTries = 3;

export function createLink(world: World, process: SimulatedProcess, inner: MemoryTransport): Link {
  const { clock, profile, recorder, sentBefore } = world;
  let isOffline = false;
  let whenOnline: (() => void)[] = [];
  let isStandingStill = false;

  /** Without connections each call is made again until it gets through. */
  function online(task: () => void): void {
    process.enter(() => {
      if (isOffline) whenOnline.push(() => process.enter(task));
      else task();
    });
  }

  function thaw(): void {
    if (!isOffline && !isStandingStill && process.state !== 'dead') inner.thaw();
  }

  async function sendOnce(address: string, message: Message, options?: SendOptions): Promise<void> {
    const repeats = `${address} ${message.id}`;
    if (profile.dedupMs > 0) {
      if ((sentBefore.get(repeats) ?? -Infinity) > clock.monotonicMs()) return;
    }
    const fate = inner.status === 'ready' && options?.control !== true ? world.fateOf(process.name) : 'arrives';
    if (fate === 'arrives') {
      await inner.send(address, message, options);
      if (profile.dedupMs > 0) sentBefore.set(repeats, clock.monotonicMs() + profile.dedupMs);
    } else if (profile.hasConnections) {
      world.writing = fate;
      const sending = inner.send(address, message, options);
      world.writing = 'arrives';
      // A confirm that does not come costs the channel.
      const cancel = clock.after(profile.confirmTimeoutMs, () => inner.cut());
      await sending.finally(cancel);
    } else {
      if (fate === 'unconfirmed') {
        await inner.send(address, message, options);
        sentBefore.set(repeats, clock.monotonicMs() + profile.dedupMs);
      }
      await new Promise<void>((resolve) => clock.after(profile.confirmTimeoutMs, resolve));
      throw new TransportError('unavailable', 'the response of the send was lost', { sent: 'maybe' });
    }
  }

  async function send(address: string, message: Message, options?: SendOptions): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      await new Promise<void>((resolve) => online(resolve));
      try {
        await sendOnce(address, message, options);
        return;
      } catch (error) {
        const isUnknown = error instanceof TransportError && error.sent === 'maybe';
        if (profile.hasConnections || !isUnknown || tries === mostTries) throw error;
      }
    }
  }

  const transport: Transport = {
    name: profile.name,
    traits: inner.traits,
    get status() {
      return inner.status;
    },
    async send(address, message, options) {
      if (message.action !== undefined && options?.control !== true) trackSent(recorder, process, message, world);
      const copy = onItsWay(message, process, profile);
      try {
        await process.through(
          () => send(address, copy, options),
          () => latencyMs(world),
        );
        noteSent(message.id);
      } catch (error) {
        const isRefusedReply = message.action === undefined && error instanceof TransportError;
        if (isRefusedReply) {
          const asked = message.correlationId === undefined ? undefined : recorder.message(message.correlationId);
          if (asked) asked.isAnswered = true;
          recorder.event({ column: 'broker', who: 'broker', what: 'reply refused', messageId: message.correlationId });
        }
        throw error;
      }
    },
    consume(address, options, receive) {
      let isStopped = false;
      const control = (message: Message, sender: string | undefined): void =>
        process.enter(() => options.control?.(message, sender));
      return process.through(async () => {
        const consumer = await inner.consume(address, { ...options, control }, (delivery) => {
          const tracked = recorder.message(delivery.message.id);
          const moveIn = (by: 1 | -1): void =>
            void tracked?.at.set(process.name, (tracked.at.get(process.name) ?? 0) + by);
          return new Promise((settle) => {
            process.enter(() => {
              if (isStopped) return settle({ kind: 'return' });
              moveIn(1);
              receive(arrived(delivery, process, profile)).then(
                (disposition) =>
                  online(() => {
                    moveIn(-1);
                    settle(disposition);
                  }),
                () => online(() => settle({ kind: 'retry', afterMs: 1_000 })),
              );
            });
          });
        });
        return {
          lost: consumer.lost,
          stop() {
            isStopped = true;
            return process.through(() => consumer.stop());
          },
        };
      });
    },
    openInbox: (on) =>
      process.through(async () => {
        const inbox = await inner.openInbox({
          lost: () => process.enter(() => on.lost()),
          receive: (message) =>
            new Promise((resolve, reject) => {
              process.enter(() => {
                noteReply(message);
                Promise.resolve(on.receive(message)).then(() => online(resolve), reject);
              });
            }),
        });
        return { address: inbox.address, close: () => process.through(() => inbox.close()) };
      }),
    health: () => inner.health(),
    close: () => process.through(() => inner.close()),
  };

  function noteSent(id: string): void {
    const attempt = recorder.history.attempts[(recorder.message(id)?.request ?? 0) - 1];
    if (attempt) attempt.sentAtMs ??= recorder.nowMs();
  }

  function noteReply({ correlationId }: Message): void {
    const tracked = correlationId === undefined ? undefined : recorder.message(correlationId);
    const attempt = tracked?.request === undefined ? undefined : recorder.history.attempts[tracked.request - 1];
    if (attempt?.messageId !== tracked?.id || !attempt) return;
    attempt.repliedAtMs ??= recorder.nowMs();
    recorder.event({ column: 'caller', who: process.name, what: 'reply received', messageId: correlationId });
  }

  return {
    transport,
    cut(forMs) {
      if (profile.hasConnections) {
        inner.cut({ downMs: forMs });
        return;
      }
      isOffline = true;
      inner.freeze();
      clock.after(forMs, () => {
        isOffline = false;
        thaw();
        const tasks = whenOnline;
        whenOnline = [];
        for (const task of tasks) task();
      });
    },
    pause() {
      isStandingStill = true;
      inner.freeze();
    },
    resume(stoodStillMs) {
      isStandingStill = false;
      thaw();
      // Nothing was heard of it for so long that the broker has closed the connection.
      if (profile.hasConnections && stoodStillMs >= profile.leaseMs) inner.cut({ downMs: 10 });
    },
    crash() {
      // Without a connection nobody notices: what it held comes back with its lease.
      if (profile.hasConnections) inner.crash();
      else inner.freeze();
    },
  };
}
