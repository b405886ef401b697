import type { Result } from '../core/answer.js';
import type { Call } from '../core/call.js';
import type { Client } from '../core/client.js';
import type { Handler, HandlerContext } from '../core/handler.js';
import type { Logger } from '../core/log.js';
import { compose, type Layer, type Step } from '../core/pipeline.js';
import type { WorkerParts } from '../core/parts.js';

/** A request that is about to run, as a user's middleware and its handler's context see it. */
export interface ServerCall extends HandlerContext {
  readonly action: string;
  /** As the action's schema parsed it. */
  readonly request: unknown;
}

/** Wraps every run on this side: sees the request before, and the value or the error after. */
export type ServerMiddleware = Layer<ServerCall, unknown>;

export type ExecuteParts = Pick<WorkerParts, 'middleware' | 'results' | 'deadlines' | 'observe' | 'log' | 'client'>;

const defaultTimeoutMs = 60_000;

/** The innermost step: the user's middleware and the handler itself. */
export function execute({ run, timeoutMs = defaultTimeoutMs }: Handler, parts: ExecuteParts): Step<Call, Result> {
  const { results, deadlines, observe } = parts;
  const isWrapped = parts.middleware.length > 0;
  // Without middleware the handler is called as it is: a promise less for each call.
  const running: (context: ServerCall) => unknown = isWrapped
    ? compose<ServerCall, unknown>(parts.middleware, async (context) => run(context.request, context))
    : (context) => run(context.request, context);

  return async (call) => {
    call.started = call.isRunning = true;
    call.onStart?.();
    deadlines.limitRun(call, timeoutMs);
    observe?.('started', call);
    let result: Result;
    try {
      result = results.ofValue(call, await running(new Context(call, parts)));
    } catch (error) {
      result = results.ofThrown(call, error);
    }
    call.isRunning = false;
    call.freeSlot();
    observe?.('effect-done', call);
    return result;
  };
}

/** Getters, so that a handler pays only for what it asks for. */
class Context implements ServerCall {
  readonly call: Call;
  readonly #parts: Pick<ExecuteParts, 'client' | 'log'>;
  #client: Client | undefined = undefined;

  constructor(call: Call, parts: Pick<ExecuteParts, 'client' | 'log'>) {
    this.call = call;
    this.#parts = parts;
  }

  get action(): string {
    return this.call.action;
  }
  get request(): unknown {
    return this.call.request;
  }
  get signal(): AbortSignal {
    return this.call.signal;
  }
  get caller(): string | undefined {
    return this.call.caller;
  }
  get attempt(): number {
    return this.call.delivery.attempt;
  }
  get redelivered(): boolean {
    return this.call.delivery.redelivered;
  }
  get fence(): number {
    return this.call.fence;
  }
  get deadline(): number | undefined {
    return this.call.message.expiresAt;
  }
  get messageId(): string {
    return this.call.id;
  }
  get address(): string {
    return this.call.address;
  }
  get headers(): Readonly<Record<string, string>> {
    return this.call.message.headers;
  }
  get log(): Logger {
    return this.#parts.log;
  }
  get client(): Client {
    return (this.#client ??= this.#parts.client().within(this.call));
  }
}
