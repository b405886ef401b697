import { backoffMs } from './backoff.js';
import type { Call } from './call.js';
import type { Answer } from './answer.js';
import { delay, type Clock } from './clock.js';
import type { Counters } from './counters.js';
import { sendBy } from './deliver.js';
import { RpcError } from './errors.js';
import type { Logger } from './log.js';
import type { Draft } from './outgoing.js';
import type { Random } from './random.js';
import { encodeFailure } from './reply.js';
import { TransportError, type Message, type SendOptions, type Transport } from './transport.js';

/** Sends replies. */
export interface Responder {
  /**
   * Resolves once the broker has the reply, or it is certain that nobody can receive it. Never rejects. What
   * `call` has to leave to others meanwhile is not sent, or not tried again.
   */
  reply(request: Message, answer: Answer, call?: Answering): Promise<void>;
}

/** Who has the delivery that is answered. */
export type Answering = Pick<Call, 'delivery' | 'leaveToOthers'>;

const noHeaders = Object.freeze({});

/** Tries to hand a reply to an inbox that is full, or that the connection does not survive: a forged address may do that. */
const maxRefusals = 5;

export function createResponder(parts: {
  transport: Pick<Transport, 'send'>;
  clock: Clock;
  random: Random;
  log: Logger;
  counters: Counters;
}): Responder {
  const { transport, clock, random, log, counters } = parts;

  /** Until it is sent, or another try cannot help. */
  async function sendAgain(reply: Reply, failure: unknown): Promise<void> {
    const { to, message, options, answer, call } = reply;
    let refusals = 0;
    for (let tries = 1, err = failure; ; tries++) {
      if (isTooLarge(err) && message.body === answer.body) {
        tellTooLarge(reply, err);
      } else {
        const mayHelp = isOutage(err) || (isRefusal(err) && ++refusals < maxRefusals);
        if (mayHelp) await delay(clock, backoffMs(tries, { firstDelayMs: 50, maxDelayMs: 2_000 }, random));
        if (call?.leaveToOthers(answer)) return;
        if (!mayHelp) {
          giveUp(reply, err);
          return;
        }
      }
      try {
        await transport.send(to, message, options);
        return;
      } catch (error) {
        err = error;
      }
    }
  }

  function tellTooLarge({ message, answer, request: { id, action } }: Reply, err: unknown): void {
    log.error({ err, id, action }, 'a reply is larger than the transport takes; its caller is told so');
    message.body = encodeFailure(tooLarge(answer), id);
  }

  function giveUp({ request: { id, action } }: Reply, err: unknown): void {
    counters.add('undeliverable_replies');
    log.warn({ err, id, action }, 'a reply could not be delivered; a repeat with its key fetches it');
  }

  return {
    reply(request, answer, call) {
      const { replyTo, correlationId, persistent } = request;
      if (replyTo === undefined) return Promise.resolve();
      const message: Draft = { id: random.uuid(), body: answer.body, headers: noHeaders };
      if (correlationId !== undefined) message.correlationId = correlationId;
      if (persistent !== undefined) message.persistent = persistent;
      const options = call && answer.error?.outcome === 'not_executed' ? whileOurs(call, answer) : undefined;
      return sendBy(transport, replyTo, message, options).catch((error: unknown) =>
        sendAgain({ to: replyTo, message, options, request, answer, call }, error),
      );
    },
  };
}

/** One that was not sent at once. */
interface Reply {
  readonly to: string;
  readonly message: Draft;
  readonly options: SendOptions | undefined;
  readonly request: Message;
  readonly answer: Answer;
  readonly call: Answering | undefined;
}

/** It may wait until the broker is there again, and the delivery be with somebody else by then. */
function whileOurs(call: Answering, answer: Answer): SendOptions {
  const { signal } = call.delivery;
  return { isWanted: () => !call.leaveToOthers(answer), ...(signal && { signal }) };
}

/** It was as large as `traits.maxBodyBytes` lets it be; what it is written as was larger. */
function isTooLarge(error: unknown): boolean {
  return error instanceof TransportError && error.code === 'too_large' && error.sent === 'no';
}

function tooLarge({ error }: Answer): RpcError {
  const outcome = error?.outcome ?? 'executed';
  return new RpcError('internal', 'the answer is larger than the transport takes', { outcome });
}

/** It was never written: the next try waits for the broker. */
function isOutage(error: unknown): boolean {
  return (
    error instanceof TransportError && error.sent === 'no' && (error.code === 'unavailable' || error.code === 'blocked')
  );
}

/** Another try may help. Where the first one did arrive, a second reply does no harm: a caller takes the first. */
function isRefusal(error: unknown): boolean {
  return error instanceof TransportError && ['unavailable', 'rejected', 'busy'].includes(error.code);
}
