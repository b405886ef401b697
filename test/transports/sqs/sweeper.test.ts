import { expect, test } from 'vitest';
import { createCounters } from '../../../transports/sqs/counters.js';
import { namesOf } from '../../../transports/sqs/names.js';
import { sqsSettings, type SqsTransportOptions } from '../../../transports/sqs/options.js';
import { createQueues } from '../../../transports/sqs/queues.js';
import { createSweeper } from '../../../transports/sqs/sweeper.js';
import { createLab, type Lab } from './lab.js';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

async function orphans(lab: Lab, count: number, prefix = 'samovar-inbox-'): Promise<void> {
  const seconds = String(Math.floor(lab.clock.now() / 1_000));
  for (let nth = 1; nth <= count; nth += 1) {
    await lab.api.createQueue(`${prefix}orphan${nth}`, {}, { 'samovar-alive': seconds });
  }
}

/** What a process with an inbox does about inboxes, without reading it. */
async function caller({ options, api }: Lab, more: SqsTransportOptions = {}) {
  const settings = sqsSettings({ ...options, ...more });
  const names = namesOf(settings);
  const queues = createQueues({ settings, api, names, closing: new AbortController().signal });
  const counters = createCounters();
  const sweeper = createSweeper({ settings, api, names, queues, counters });
  const inbox = names.newInbox();
  await queues.createInbox(inbox);
  sweeper.start();
  return { inbox, counters, stop: () => sweeper.stop() };
}

test('the reply queues of processes that died are deleted after an hour', async () => {
  const lab = createLab();
  await orphans(lab, 100);
  const { inbox, counters, stop } = await caller(lab);
  await lab.clock.advance(50 * minuteMs);
  expect(await lab.api.listQueues('samovar-inbox-')).toHaveLength(101);
  await lab.clock.advance(2 * hourMs);
  const left = await lab.api.listQueues('samovar-inbox-');
  expect(left.map((url) => url.split('/').pop())).toEqual([inbox]);
  expect(counters.get('inboxes_swept')).toBe(100);
  stop();
});

test('a live one is never deleted, however long it lives, and is tagged at most once a minute', async () => {
  const lab = createLab();
  const callers = [await caller(lab), await caller(lab), await caller(lab)];
  await lab.clock.advance(6 * hourMs);
  expect(await lab.api.listQueues('samovar-inbox-')).toHaveLength(3);
  for (const { inbox } of callers) {
    const calls = lab.emulator.calls.filter(
      ({ action, queue }) => queue === inbox && ['TagQueue', 'ListQueueTags'].includes(action),
    );
    expect(calls.length).toBeGreaterThan(60);
    expect(calls.length).toBeLessThan(6 * 60);
  }
  for (const { stop } of callers) stop();
});

test.each([-3, 3])('a live one is never deleted by a process whose clock is %i h off', async (hours) => {
  const lab = createLab();
  const clock = { ...lab.clock, now: () => lab.clock.now() + hours * hourMs };
  const callers = [await caller(lab), await caller(lab), await caller(lab, { clock })];
  await lab.clock.advance(6 * hourMs);
  expect(await lab.api.listQueues('samovar-inbox-')).toHaveLength(3);
  await orphans(lab, 1);
  await lab.clock.advance(6 * hourMs);
  expect(await lab.api.listQueues('samovar-inbox-')).toHaveLength(3);
  for (const { stop } of callers) stop();
});

test('a foreign queue is never deleted: another prefix, or no tag of ours', async () => {
  const lab = createLab();
  await orphans(lab, 3, 'other-inbox-');
  await orphans(lab, 1, 'samovar-jobs-inbox-');
  await lab.api.createQueue('samovar-inbox-untagged', {});
  await lab.api.createQueue('samovar-inbox-strange', {}, { 'samovar-alive': 'yes' });
  await lab.api.createQueue('samovar-inbox-x.fifo', { FifoQueue: 'true' }, { 'samovar-alive': '1' });
  const { stop } = await caller(lab);
  await lab.clock.advance(3 * hourMs);
  expect(await lab.api.listQueues('')).toHaveLength(8);
  stop();
});

test('a sweep makes a bounded number of calls, and none once it is stopped', async () => {
  const lab = createLab();
  // They are alive for as long as the test lasts.
  const later = String(Math.floor(lab.clock.now() / 1_000) + 100_000);
  for (let nth = 1; nth <= 300; nth += 1)
    await lab.api.createQueue(`samovar-inbox-${nth}`, {}, { 'samovar-alive': later });
  const { stop } = await caller(lab);
  await lab.clock.advance(29 * minuteMs);
  expect(lab.calls('ListQueueTags')).toBe(20);
  stop();
  expect(lab.clock.pending()).toBe(0);
});

test('what fails is tried again, and harms nothing', async () => {
  const lab = createLab();
  await orphans(lab, 1);
  lab.emulator.fault({ action: ['TagQueue', 'ListQueues', 'ListQueueTags'], then: 'access denied', times: 6 });
  const { stop } = await caller(lab);
  await lab.clock.advance(2 * hourMs);
  expect(await lab.api.listQueues('samovar-inbox-')).toHaveLength(1);
  stop();
});
