import { expect, test } from 'vitest';
import { createGate, createReceivingStage } from './receiving-stage.js';

const nothing = (): void => undefined;

test('replies arrive in a standard queue of this process, and are deleted in batches', async () => {
  const { process, until, emulator } = createReceivingStage();
  const { openInbox, reply, parts, close } = process();
  const inbox = await openInbox(nothing);
  expect(inbox.address).toMatch(/^samovar-inbox-[0-9a-f-]{36}$/);
  await reply(inbox.address, 30);
  await until(() => inbox.got.length === 30);
  expect(inbox.got.map(({ correlationId }) => correlationId)).toContain('r30');
  const url = (await parts.queues.find(inbox.address)) ?? '';
  await until(async () => (await parts.api.queueAttributes(url))['ApproximateNumberOfMessagesNotVisible'] === '0');
  const deletes = emulator.calls.filter(({ action }) => action === 'DeleteMessageBatch');
  expect(deletes.length).toBeLessThan(10);
  await inbox.close();
  expect(await parts.api.queueUrl(inbox.address)).toBeUndefined();
  await close();
});

test('a flood is polled for several times at once, and each reply arrives once', async () => {
  const { process, until, emulator } = createReceivingStage();
  const { openInbox, reply, close } = process();
  emulator.fault({ action: 'ReceiveMessage', then: { delayMs: 100 } });
  const inbox = await openInbox((_, nth) => (nth % 2 === 0 ? Promise.resolve() : undefined));
  await reply(inbox.address, 1_000);
  let most = 0;
  await until(() => {
    const pending = emulator.calls.filter(
      ({ action, outcome }) => action === 'ReceiveMessage' && outcome === 'pending',
    );
    most = Math.max(most, pending.length);
    return inbox.got.length >= 1_000;
  });
  expect(most).toBe(4);
  expect(new Set(inbox.got.map(({ id }) => id)).size).toBe(1_000);
  expect(inbox.got).toHaveLength(1_000);
  await inbox.close();
  await close();
});

test('a reply that is received slowly holds back none of the others', async () => {
  const { process, until } = createReceivingStage();
  const { openInbox, reply, close } = process();
  const gate = createGate();
  const inbox = await openInbox((_, nth) => (nth === 1 ? gate.opened : undefined));
  await reply(inbox.address, 20);
  await until(() => inbox.got.length === 20);
  gate.open();
  await inbox.close();
  await close();
});

test('a reply whose receiving fails comes again', async () => {
  const { process, until } = createReceivingStage();
  const { openInbox, reply, close } = process();
  const inbox = await openInbox((_, nth) => {
    if (nth === 1) throw new Error('a bug');
  });
  await reply(inbox.address);
  await until(() => inbox.got.length === 2);
  await inbox.close();
  await close();
});

test('an inbox whose queue is deleted says so once, and works on under another name', async () => {
  const { process, until, clock } = createReceivingStage();
  const { openInbox, reply, parts, close } = process();
  const inbox = await openInbox(nothing);
  const before = inbox.address;
  await clock.advance(60_000);
  await parts.api.deleteQueue((await parts.queues.find(before)) ?? '');
  await until(() => inbox.address !== before, 120_000);
  expect(inbox.losses()).toBe(1);
  await reply(inbox.address);
  await until(() => inbox.got.length === 1);
  expect(parts.queues.ownInboxes.has(before)).toBe(false);
  await inbox.close();
  await close();
});

test('an inbox that was closed gets nothing more', async () => {
  const { process, until, clock } = createReceivingStage();
  const { openInbox, reply, parts, close } = process();
  const [closed, other] = [await openInbox(nothing), await openInbox(nothing)];
  await Promise.all([closed.close(), closed.close()]);
  await reply(other.address);
  await until(() => other.got.length === 1);
  await clock.advance(120_000);
  expect([closed.got.length, closed.losses()]).toEqual([0, 0]);
  expect([...parts.queues.ownInboxes.keys()]).toEqual([other.address]);
  await other.close();
  await close();
});

test('closing an inbox waits for no poll, and leaves none open', async () => {
  const { process, clock, emulator } = createReceivingStage();
  const { openInbox, close } = process();
  // Deleting the queue would end it too.
  emulator.fault({ action: 'DeleteQueue', then: 'access denied' });
  const inbox = await openInbox(nothing);
  await clock.advance(1_000);
  const startMs = clock.monotonicMs();
  await inbox.close();
  expect(clock.monotonicMs()).toBe(startMs);
  const count = emulator.calls.length;
  await clock.advance(60_000);
  expect(emulator.calls).toHaveLength(count);
  await close();
});
