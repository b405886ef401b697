import { Readable } from 'node:stream';
import type { Clock } from '../../core/clock.js';
import type { ServiceAnswer, ServiceRequest } from './service.js';

/** What the AWS SDK gives its request handler, as far as SQS needs it. */
export interface SdkRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface SdkRequestOptions {
  readonly abortSignal?: unknown;
  readonly requestTimeout?: number | undefined;
}

export interface SdkResponse {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: unknown;
}

/** Takes the place of the HTTP client of an AWS SDK client (its `requestHandler`). */
export interface SqsRequestHandler {
  readonly metadata: { readonly handlerProtocol: string };
  handle(request: SdkRequest, options?: SdkRequestOptions): Promise<{ response: SdkResponse }>;
  updateHttpClientConfig(): void;
  httpHandlerConfigs(): Record<string, never>;
  destroy(): void;
}

/**
 * Answers within the microtasks of the call. A call that its caller gives up goes on here, as it does on AWS: a poll
 * that was aborted may still take a message with it.
 */
export function createRequestHandler(
  clock: Clock,
  serve: (request: ServiceRequest) => Promise<ServiceAnswer>,
): SqsRequestHandler {
  async function respond(request: SdkRequest): Promise<{ response: SdkResponse }> {
    const { protocol, hostname, port, headers } = request;
    const baseUrl = `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`;
    const answer = await serve({ headers: lowerCased(headers), body: textOf(request.body), baseUrl });
    if (answer.kind === 'reset') throw connectionReset();
    if (answer.kind === 'silence') return new Promise(() => undefined);
    const bytes = Buffer.from(answer.body);
    const body = answer.truncated ? brokenOff(bytes) : bytes;
    return { response: { statusCode: answer.status, headers: { ...answer.headers }, body } };
  }

  return {
    metadata: { handlerProtocol: 'http/1.1' },
    handle: (request, { abortSignal, requestTimeout } = {}) =>
      new Promise((resolve, reject) => {
        const signal = abortSignal instanceof AbortSignal ? abortSignal : undefined;
        const abort = (): void => end(() => reject(named('AbortError', 'Request aborted')));
        const late = (): void => end(() => reject(named('TimeoutError', `No answer within ${requestTimeout} ms`)));
        const cancelTimer = requestTimeout ? clock.after(requestTimeout, late) : () => undefined;
        function end(settle: () => void): void {
          cancelTimer();
          signal?.removeEventListener('abort', abort);
          settle();
        }
        if (signal?.aborted) return abort();
        signal?.addEventListener('abort', abort, { once: true });
        respond(request).then(
          (response) => end(() => resolve(response)),
          (error: unknown) => end(() => reject(error)),
        );
      }),
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
    destroy: () => undefined,
  };
}

function textOf(body: unknown): string {
  if (!(body instanceof Uint8Array)) return typeof body === 'string' ? body : '';
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString();
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function brokenOff(bytes: Buffer): Readable {
  const half = bytes.subarray(0, Math.floor(bytes.length / 2));
  let sent = false;
  return new Readable({
    read() {
      if (sent) this.destroy(connectionReset());
      else this.push(half);
      sent = true;
    },
  });
}

/** As the SDK's own HTTP client reports it. */
function connectionReset(): Error {
  return Object.assign(named('TimeoutError', 'socket hang up'), { code: 'ECONNRESET' });
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}
