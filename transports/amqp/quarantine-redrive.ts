import type { ConfirmChannel, Options } from 'amqplib';
import type { Taking } from '../../src/core/quarantine-work.js';
import { copyProperties, type Copied } from './copy-properties.js';
import { maybeSent, messageOf as textOf, notSent, setupError } from './errors.js';
import type { Link } from './link.js';
import { explainRefusal } from './missing-right.js';
import { addressExchange, headerNames } from './names.js';
import type { AmqpSettings } from './options.js';
import { entryOf } from './quarantine-entry.js';
import { headerOf, messageOf, tableOf, text, type Mutable, type RawMessage } from './wire.js';

/** Sends copies of quarantined requests to their address, each confirmed before the next. */
export interface Redrive {
  /** @throws TransportError where nobody can say who sent it. */
  readonly check: (raw: RawMessage) => void;
  /** @throws TransportError as `check` does, and where the broker does not take it. */
  readonly send: Taking<RawMessage>['redrive'];
  /** Whether what this user says of who sent a request is taken for true: `undefined` is nobody, where we are nobody. */
  readonly trusted: (user: string | undefined) => boolean;
  close(): Promise<void>;
}

export interface RedriveParts {
  readonly settings: AmqpSettings;
  readonly link: Link;
  readonly address: string;
  readonly believes: readonly string[];
}

export function createRedrive({ settings, link, address, believes }: RedriveParts): Redrive {
  const { app, clock, confirmTimeoutMs, random } = settings;
  const { account } = link;
  const exchange = addressExchange(address);
  let opening: Promise<ConfirmChannel> | undefined;
  let closeReason: unknown;

  const trusted = (user: string | undefined): boolean => user === account || believes.includes(user ?? '');

  async function open(): Promise<ConfirmChannel> {
    const channel = await link.confirmChannel();
    channel.on('error', (error: unknown) => {
      closeReason ??= error;
    });
    return channel;
  }

  /** Published under our account: what it says of its sender would be taken for true by workers. */
  function check(raw: RawMessage): void {
    const user = text(raw.properties.userId);
    if (trusted(user)) return;
    const { id } = entryOf(raw, { believes: trusted });
    throw setupError(
      `expected message ${JSON.stringify(id)} to have been set aside by user ${JSON.stringify(account)}, got ` +
        `${JSON.stringify(user)}: use the credentials of the worker, believe that user, or purge the message`,
    );
  }

  /** Rejects unless the broker has it in a queue. */
  function publish(channel: ConfirmChannel, content: Buffer, properties: Options.Publish): Promise<void> {
    return new Promise((resolve, reject) => {
      let returned: string | undefined;
      const onReturn = ({ fields }: { fields: object }) => {
        returned = String((fields as { replyText?: unknown }).replyText);
      };
      const end = (error?: Error) => {
        cancel();
        channel.off('return', onReturn);
        if (error) reject(error);
        else resolve();
      };
      const cancel = clock.after(confirmTimeoutMs, () => end(maybeSent('the broker did not confirm a copy in time')));
      channel.on('return', onReturn);
      try {
        channel.publish(exchange, address, content, properties, (error: unknown) => {
          if (returned !== undefined) {
            end(
              notSent(
                'unroutable',
                `expected a way from exchange ${JSON.stringify(exchange)} to queue ${JSON.stringify(address)}, got: ${returned}`,
              ),
            );
          } else if (error === null) end();
          else end(failureOf(error));
        });
      } catch (error) {
        end(error instanceof Error ? error : new Error(textOf(error)));
      }
    });
  }

  function failureOf(error: unknown): Error {
    if (closeReason === undefined && !link.isGone) {
      return notSent(
        'rejected',
        `expected queue ${JSON.stringify(address)} to take a copy, got a refusal: it is full`,
        error,
      );
    }
    const act = { kind: 'publishing', exchange, from: exchange } as const;
    const why = closeReason ?? error;
    return explainRefusal(link, act, why) ?? maybeSent(`a copy was not confirmed: ${textOf(why)}`, why);
  }

  return {
    trusted,
    check,
    async send(raw, how) {
      check(raw);
      const copied = copiedFrom(raw, how, () => random.uuid());
      const channel = await (opening ??= open());
      const named = random.uuid();
      const properties = (keep: 'all' | 'plain'): Options.Publish => {
        const made = copyProperties(copied, { app, account }, { keep, newId: () => random.uuid() });
        return { ...made, mandatory: true, headers: { ...(made.headers as object), [headerNames.redriven]: named } };
      };
      try {
        await publish(channel, raw.content, properties('all'));
      } catch (error) {
        // What the client library can read is more than what it can write.
        if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
        await publish(channel, raw.content, properties('plain'));
      }
    },
    async close() {
      const channel = await opening?.catch(() => undefined);
      await channel?.close().catch(() => undefined);
    },
  };
}

function copiedFrom(
  raw: RawMessage,
  { withoutReply, withoutDeadline }: Parameters<Redrive['send']>[1],
  newId: () => string,
): Copied {
  const headers = tableOf(raw.properties.headers);
  const message: Mutable<Copied['message']> = messageOf(raw, { action: text(raw.properties.type), body: '', newId });
  if (withoutDeadline) delete message.expiresAt;
  return {
    raw: withoutReply ? { ...raw, properties: { ...raw.properties, replyTo: undefined } } : raw,
    message,
    exchange: text(headerOf(headers, headerNames.exchange)) ?? '',
    sender: text(headerOf(headers, headerNames.sender)),
    firstSeenMs: entryOf(raw, { believes: () => true }).firstSeen ?? 0,
    attempts: 0,
    impliedDeadlineMs: undefined,
  };
}
