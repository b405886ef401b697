import type { Channel, ConfirmChannel } from 'amqplib';
import type { Line } from './dial.js';
import type { Endpoint } from './endpoints.js';
import { placeOf } from './endpoints.js';
import type { AmqpSettings } from './options.js';
import { brokerVersion, type BrokerVersion } from './versions.js';

/** One connection, from its handshake until it is gone. What belongs to it dies with it and is never used on the next. */
export interface Link {
  readonly endpoint: Endpoint;
  readonly version: BrokerVersion;
  /** Who we are to the broker; undefined without PLAIN credentials. */
  readonly account: string | undefined;
  readonly isGone: boolean;
  readonly reason: unknown;
  readonly gone: Promise<void>;
  readonly isBlocked: boolean;
  onBlocked(listener: (blocked: boolean) => void): void;
  /** Called synchronously when it goes; at once if it has gone. */
  onGone(listener: () => void): void;
  channel(): Promise<Channel>;
  confirmChannel(): Promise<ConfirmChannel>;
  /** Ends it without farewell, for the reason that is given. */
  cut(why?: Error): void;
  /** Says goodbye, for a second at most. */
  close(): Promise<void>;
}

/** Something that lives on the consume connection and has to come back on each new one. */
export interface Attachment {
  /** Rejects if the link is gone or the broker fails for now: then all is tried again on the next link. */
  attach(link: Link): Promise<void>;
}

const goodbyeMs = 1_000;

export function createLink(line: Line, endpoint: Endpoint, { clock, authentication, log }: AmqpSettings): Link {
  const { model } = line;
  const goneListeners = new Set<() => void>();
  let isGone = false;
  let isBlocked = false;
  let reason: unknown;
  let hungUp: Promise<void> | undefined;
  const blockedListeners = new Set<(blocked: boolean) => void>();

  const gone = new Promise<void>((resolve) => {
    goneListeners.add(resolve);
  });
  // An unheard 'error' of an emitter ends the process.
  model.on('error', (error: unknown) => {
    reason ??= error;
  });
  model.on('close', (error: unknown) => {
    reason ??= error;
    isGone = true;
    if (error === undefined) hungUp = line.hangUp();
    else line.cut();
    for (const listener of goneListeners) listener();
    goneListeners.clear();
  });
  model.on('blocked', (why: string) => {
    isBlocked = true;
    log.warn({ broker: placeOf(endpoint), reason: why }, 'the broker takes nothing from senders');
    for (const listener of blockedListeners) listener(true);
  });
  model.on('unblocked', () => {
    isBlocked = false;
    log.info({ broker: placeOf(endpoint) }, 'the broker takes from senders again');
    for (const listener of blockedListeners) listener(false);
  });

  function readied<C extends Channel>(channel: C): C {
    // Each user of a channel hears 'close'; the error that comes before it must have a listener too.
    channel.on('error', () => undefined);
    line.straighten(channel);
    return channel;
  }

  return {
    endpoint,
    version: brokerVersion(model.connection.serverProperties.version),
    account: authentication === 'plain' ? endpoint.username : undefined,
    get isGone() {
      return isGone;
    },
    get reason() {
      return reason;
    },
    get isBlocked() {
      return isBlocked;
    },
    gone,
    onBlocked: (listener) => void blockedListeners.add(listener),
    onGone(listener) {
      if (isGone) listener();
      else goneListeners.add(listener);
    },
    channel: async () => readied(await model.createChannel()),
    confirmChannel: async () => readied(await model.createConfirmChannel()),
    cut(why) {
      reason ??= why;
      line.cut();
    },
    async close() {
      if (isGone) return;
      let cancel: () => void = () => undefined;
      const late = new Promise<void>((resolve) => {
        cancel = clock.after(goodbyeMs, () => {
          line.cut();
          // Nothing that is cut needs more than this to notice.
          cancel = clock.after(goodbyeMs, resolve);
        });
      });
      // Rejects when it is closing already; 'close' comes all the same.
      model.close().catch(() => undefined);
      await Promise.race([gone, late]);
      cancel();
      await hungUp;
    },
  };
}
