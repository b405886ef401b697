import assert from 'node:assert/strict';
import { delay, systemClock } from '../../core/clock.js';
import { systemRandom } from '../../core/random.js';
import type {
  ConsumeOptions,
  Consumer,
  Delivery,
  Disposition,
  Message,
  SendOptions,
  Transport,
  TransportErrorCode,
} from '../../core/transport.js';
import { TransportError } from '../../core/transport.js';
import type { HarnessConnectOptions, TransportHarness } from './harness.js';

/** What a case works with: a harness whose connections end with the case, and the few things all cases do. */
export interface CaseContext {
  readonly harness: TransportHarness;
  readonly connect: (options?: HarnessConnectOptions) => Promise<Transport>;
  /** A consumer that keeps what it gets: at an address and on a transport of its own, and it acks, unless told. */
  readonly work: (options?: WorkOptions) => Promise<Worker>;
  /** A message with an id, and a group, of its own. */
  readonly message: (fields?: Partial<Message>) => Message;
  /** Sends and waits until the broker has it; a message of its own unless told. */
  readonly send: (from: Transport, address: string, message?: Message, options?: SendOptions) => Promise<Message>;
  /** Sends again and again until one gets through: for a connection that is just coming back. */
  readonly insist: (from: Transport, address: string, message: Message, options?: SendOptions) => Promise<void>;
  /** Waits for a refusal with that code. */
  readonly refused: (sending: Promise<unknown>, code: TransportErrorCode) => Promise<TransportError>;
  /** Waits for what is going on, at most the harness's patience. */
  readonly within: <T>(promise: Promise<T>, what: string) => Promise<T>;
  readonly eventually: (check: () => boolean | Promise<boolean>, what: string) => Promise<void>;
  /** Sends a marker to a worker and waits for it: what would have come before it has come. */
  readonly marker: (from: Transport, worker: Worker) => Promise<void>;
  /** Lets time pass. */
  readonly pass: (ms: number) => Promise<void>;
  readonly nowMs: () => number;
  readonly monotonicMs: () => number;
  /** Closes what the case has opened. */
  readonly end: () => Promise<void>;
}

export interface WorkOptions extends Partial<Pick<ConsumeOptions, 'actions' | 'intake' | 'control'>> {
  readonly address?: string;
  readonly transport?: Transport;
  receive?(delivery: Delivery, nth: number): Promise<Disposition>;
}

export interface Worker {
  readonly address: string;
  readonly transport: Transport;
  readonly consumer: Consumer;
  readonly seen: readonly Delivery[];
  /** The ids of what it has seen, in order. */
  ids(): string[];
  times(message: Message): number;
}

export const ack: Disposition = { kind: 'ack' };
export const defaultAction = 'conformance';

/** A run that lasts until the test says so. */
export interface Gate<T = void> {
  readonly opened: Promise<T>;
  open(value: T): void;
}

export function createGate<T = void>(): Gate<T> {
  let open!: (value: T) => void;
  const opened = new Promise<T>((resolve) => (open = resolve));
  return { opened, open };
}

export function createCaseContext(harness: TransportHarness): CaseContext {
  const transports: Transport[] = [];
  const time = harness.time ?? systemClock;

  async function pass(ms: number): Promise<void> {
    if (harness.time) await harness.time.advance(ms);
    else await delay(systemClock, ms);
  }

  async function eventually(check: () => boolean | Promise<boolean>, what: string): Promise<void> {
    const endMs = time.monotonicMs() + harness.patienceMs;
    for (let polls = 0; !(await check()); polls += 1) {
      if (time.monotonicMs() >= endMs) assert.fail(`expected within ${harness.patienceMs} ms that ${what}`);
      // What needs no time at all is seen without any.
      if (polls < 10) await new Promise((resolve) => setImmediate(resolve));
      else await pass(5);
    }
  }

  async function within<T>(promise: Promise<T>, what: string): Promise<T> {
    let settled = false;
    const settle = (): void => void (settled = true);
    promise.then(settle, settle);
    await eventually(() => settled, what);
    return promise;
  }

  async function connect(options?: HarnessConnectOptions): Promise<Transport> {
    const transport = await harness.connect(options);
    transports.push(transport);
    return transport;
  }

  function message(fields: Partial<Message> = {}): Message {
    const id = systemRandom.uuid();
    return { id, action: defaultAction, body: '{}', headers: {}, groupKey: id, ...fields };
  }

  async function send(from: Transport, address: string, sent = message(), options?: SendOptions): Promise<Message> {
    await within(from.send(address, sent, options), 'a send ends');
    return sent;
  }

  async function insist(from: Transport, address: string, sent: Message, options?: SendOptions): Promise<void> {
    let state: 'idle' | 'trying' | 'through' = 'idle';
    await eventually(() => {
      if (state === 'idle') {
        state = 'trying';
        from.send(address, sent, options).then(
          () => (state = 'through'),
          () => (state = 'idle'),
        );
      }
      return state === 'through';
    }, 'a send gets through');
  }

  async function work(options: WorkOptions = {}): Promise<Worker> {
    const address = options.address ?? harness.freshAddress();
    const transport = options.transport ?? (await connect());
    const seen: Delivery[] = [];
    const consuming = transport.consume(
      address,
      {
        actions: options.actions ?? [defaultAction],
        intake: options.intake ?? 10,
        ...(options.control && { control: (sent, sender) => options.control?.(sent, sender) }),
      },
      async (delivery) => {
        seen.push(delivery);
        return options.receive?.(delivery, seen.length) ?? ack;
      },
    );
    const consumer = await within(consuming, 'consuming starts');
    const ids = (): string[] => seen.map((delivery) => delivery.message.id);
    return { address, transport, consumer, seen, ids, times: ({ id }) => ids().filter((each) => each === id).length };
  }

  async function marker(from: Transport, worker: Worker): Promise<void> {
    const sent = await send(from, worker.address);
    await eventually(() => worker.times(sent) > 0, 'a marker arrives');
  }

  async function refused(sending: Promise<unknown>, code: TransportErrorCode): Promise<TransportError> {
    const ended = sending.then(
      () => undefined,
      (error: unknown) => error,
    );
    const error = await within(ended, `something is refused as ${code}`);
    assert.ok(error instanceof TransportError, `expected a TransportError ${code}, got ${String(error)}`);
    assert.equal(error.code, code, error.message);
    return error;
  }

  async function end(): Promise<void> {
    await within(Promise.all(transports.map((transport) => transport.close())), 'transports close');
  }

  const nowMs = (): number => time.now();
  const monotonicMs = (): number => time.monotonicMs();
  const waits = { within, eventually, marker, pass, nowMs, monotonicMs };
  return { harness, connect, work, message, send, insist, refused, ...waits, end };
}
