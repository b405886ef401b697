import { systemClock, type Clock } from '../../core/clock.js';
import { systemRandom, type Random } from '../../core/random.js';
import { createAccount } from './account.js';
import type { SqsCall } from './call.js';
import { createFaults, type SqsFault, type SqsFaultRule } from './faults.js';
import { listen, type SqsListener, type SqsListenOptions } from './listen.js';
import type { SqsLimits } from './queue.js';
import { createRequestHandler, type SqsRequestHandler } from './request-handler.js';
import { createService, senderIdOf } from './service.js';

export interface SqsEmulatorOptions {
  /** The time it lives in; a manual clock lets hours pass at once. The machine's by default. */
  readonly clock?: Clock;
  /** Where its ids and its faults come from; the same seed gives the same run. */
  readonly random?: Random;
  readonly faults?: readonly SqsFaultRule[];
  /** 'eu-west-1' by default. */
  readonly region?: string;
  /** '000000000000' by default. */
  readonly accountId?: string;
  /** The access keys that are let in; any by default. Signatures are not checked. */
  readonly accessKeyIds?: readonly string[];
  /** Lower than on AWS, for a test that has to reach them. */
  readonly limits?: Partial<SqsLimits>;
  /** How likely a standard queue delivers a message twice, from 0 to 1; 0 by default. */
  readonly duplicateRate?: number;
}

/**
 * Amazon SQS for tests, in this process, as strict as AWS's documentation: it refuses what SQS refuses, and keeps to
 * itself what SQS does not promise.
 */
export interface SqsEmulator extends AsyncDisposable {
  /** Give an SDK client this as its `requestHandler`, and `endpoint` as its endpoint: no socket is opened. */
  readonly requestHandler: SqsRequestHandler;
  /** Leads nowhere: what queue URLs begin with, for clients that use `requestHandler`. */
  readonly endpoint: string;
  readonly region: string;
  /** Serves the same queues over HTTP, to other processes and languages. */
  listen(options?: SqsListenOptions): Promise<SqsListener>;
  /** Puts a fault in the way of calls. The first rule that fits a call hits it. */
  fault(rule: SqsFaultRule): SqsFault;
  /** The calls so far, the latest 10,000. */
  readonly calls: readonly SqsCall[];
  /** What `SenderId` says of the messages of a caller with that access key. */
  senderId(accessKeyId: string): string;
  /** Stops listening, and answers the polls that wait. */
  close(): Promise<void>;
}

const callsKept = 10_000;

/** @see SqsEmulator */
export function createSqsEmulator(options: SqsEmulatorOptions = {}): SqsEmulator {
  const { clock = systemClock, random = systemRandom, region = 'eu-west-1', accountId = '000000000000' } = options;
  const limits = { inFlight: 120_000, groupWindow: 120_000, ...options.limits };
  const account = createAccount({
    ...{ id: accountId, region, clock, random, limits },
    duplicateRate: options.duplicateRate ?? 0,
  });
  const faults = createFaults(random);
  for (const rule of options.faults ?? []) faults.add(rule);
  const calls: SqsCall[] = [];
  const listeners = new Set<SqsListener>();

  function record(call: SqsCall): void {
    calls.push(call);
    if (calls.length >= 2 * callsKept) calls.splice(0, callsKept);
  }

  async function close(): Promise<void> {
    account.end();
    await Promise.all([...listeners].map((listener) => listener.close()));
  }

  const serve = createService({ account, faults, clock, random, accessKeyIds: options.accessKeyIds, record });
  return {
    requestHandler: createRequestHandler(clock, serve),
    endpoint: `http://sqs.${region}.invalid`,
    region,
    async listen(listenOptions = {}) {
      const listener = await listen(serve, listenOptions);
      listeners.add(listener);
      return listener;
    },
    fault: (rule) => faults.add(rule),
    get calls() {
      return calls.slice(-callsKept);
    },
    senderId: senderIdOf,
    close,
    [Symbol.asyncDispose]: close,
  };
}
