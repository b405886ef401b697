import { expect, test } from 'vitest';
import { createManualClock, type SqsFaultRule } from '../../../src/testing/index.js';
import type { SqsTransport } from '../../../transports/sqs/index.js';
import { createLab, request } from './lab.js';

const nothing = (): void => undefined;

/** A transport by itself in its time, with all that it does at once, and what it has open. */
async function openTransport() {
  const sqsTime = createManualClock();
  const lab = createLab({ clock: sqsTime });
  let underWay = 0;
  const { requestHandler } = lab.emulator;
  const transport = lab.transport({
    requestHandler: {
      ...requestHandler,
      handle(...call: Parameters<typeof requestHandler.handle>) {
        underWay += 1;
        return requestHandler.handle(...call).finally(() => (underWay -= 1));
      },
    },
  });
  async function pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 100) {
      await lab.clock.advance(100);
      await sqsTime.advance(100);
    }
  }
  async function ended<T>(work: Promise<T>): Promise<T> {
    let isSettled = false;
    const settle = (): void => void (isSettled = true);
    work.then(settle, settle);
    for (let tries = 0; !isSettled && tries < 600; tries += 1) await pass(100);
    return work;
  }
  return { ...lab, transport, pass, ended, open: () => ({ timers: lab.clock.pending(), calls: underWay }) };
}

async function work(transport: SqsTransport, ended: <T>(work: Promise<T>) => Promise<T>): Promise<void> {
  await ended(
    transport.consume('jobs', { actions: ['work'], intake: 5 }, async ({ message, signal }) => {
      if (message.id === 'quick') return { kind: 'ack' };
      if (message.id === 'bad') return { kind: 'quarantine', reason: 'no sense' };
      return new Promise((resolve) => signal?.addEventListener('abort', () => resolve({ kind: 'return' })));
    }),
  );
  await ended(transport.openInbox({ receive: nothing, lost: nothing }));
  await ended(transport.send('jobs', request({ id: 'slow', groupKey: 'a' })));
  await ended(transport.send('jobs', request({ id: 'behind', groupKey: 'a' })));
}

test.each<{ readonly name: string; readonly fault?: SqsFaultRule }>([
  { name: 'all is well' },
  { name: 'SQS is away', fault: { then: 'reset before' } },
  { name: 'SQS is silent', fault: { then: 'hang' } },
  { name: 'SQS is throttling', fault: { then: 'throttled' } },
  { name: 'polls are denied', fault: { action: 'ReceiveMessage', then: 'access denied' } },
  { name: 'deletes are denied', fault: { action: 'DeleteMessageBatch', then: 'access denied' } },
  { name: 'nothing can be given back', fault: { action: 'ChangeMessageVisibilityBatch', then: 'error 500' } },
  { name: 'the dead letters take nothing', fault: { queue: 'samovar-jobs-dlq.fifo', then: 'throttled' } },
])('once it is closed, a transport leaves no timer and no call behind: $name', async ({ fault }) => {
  const { emulator, transport, pass, ended, open } = await openTransport();
  await work(transport, ended);
  for (const id of ['quick', 'bad']) await ended(transport.send('jobs', request({ id })));
  if (fault) emulator.fault(fault);
  const waiting = transport.send('jobs', request({ id: 'last' })).catch(nothing);
  await pass(3_000);
  await ended(transport.close());
  await ended(waiting);
  expect(open()).toEqual({ timers: 0, calls: 0 });
});
