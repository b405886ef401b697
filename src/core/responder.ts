import { backoffMs } from './backoff.js';
import type { Call } from './call.js';
import type { Answer } from './answer.js';
import { delay, type Clock } from './clock.js';
import type { Counters } from './counters.js';
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

  function send(reply: Reply, tries: number, refusals: number): Promise<void> {
    return transport
      .send(reply.to, reply.message, reply.options)
      .catch((error: unknown) => sendAgain(reply, tries, refusals, error));
  }

  async function sendAgain(reply: Reply, tries: number, refusals: number, err: unknown): Promise<void> {
    const { message, answer, call, request } = reply;
    const { id, action } = request;
    if (isTooLarge(err) && message.body === answer.body) {
      log.error({ err, id, action }, 'a reply is larger than the transport takes; its caller is told so');
      message.body = encodeFailure(tooLarge(answer), id);
      return send(reply, tries, refusals);
    }
    const isAway = isOutage(err);
    const refused = isAway ? refusals : refusals + 1;
    const mayHelp = isAway || (isRefusal(err) && refused < maxRefusals);
    if (mayHelp) await delay(clock, backoffMs(tries, { firstDelayMs: 50, maxDelayMs: 2_000 }, random));
    if (call?.leaveToOthers(answer)) return;
    if (mayHelp) return send(reply, tries + 1, refused);
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
      return send({ to: replyTo, message, options, request, answer, call }, 1, 0);
    },
  };
}

/** On its way. */
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
