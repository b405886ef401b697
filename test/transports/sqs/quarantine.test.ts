import { afterEach, expect, test, vi } from 'vitest';
import type { Delivery, Disposition, Message } from '../../../src/core/transport.js';
import { openQuarantine, type SqsTransportOptions } from '../../../transports/sqs/index.js';
import { createLab, request, type Lab } from './lab.js';

const inbox = 'samovar-inbox-1';

/** Sends them and has a worker quarantine each. */
async function setAside(lab: Lab, messages: readonly Message[], reason = 'no good'): Promise<void> {
  await lab.addressed('jobs');
  const transport = lab.transport();
  await lab.ended(Promise.all(messages.map((message) => transport.send('jobs', message))));
  let quarantined = 0;
  const receive = async (): Promise<Disposition> => ({ kind: 'quarantine', reason: `${reason} ${(quarantined += 1)}` });
  await lab.ended(transport.consume('jobs', { actions: ['work'], intake: 10 }, receive));
  await lab.until(() => transport.health().counters['deletes'] === messages.length);
  await lab.ended(transport.close());
}

/** What the broker vouches for. */
const identityOf = (lab: Lab, accessKeyId: string): string => lab.emulator.senderId(accessKeyId).split(':', 1)[0] ?? '';

afterEach(() => {
  vi.unstubAllEnvs();
});

const quarantineOf = (lab: Lab, options: SqsTransportOptions = {}) =>
  openQuarantine({ ...lab.options, address: 'jobs', ...options });

test('what was set aside is listed, shown and counted, and stays where it is', async () => {
  const lab = createLab();
  const startMs = lab.clock.now();
  const call = request({
    replyTo: inbox,
    correlationId: 'c',
    expiresAt: startMs + 3_600_000,
    body: '{"password":"x"}',
  });
  await setAside(lab, [call, request({ body: '{"a":"\ufffe"}', headers: { 'x-one': '1' } })]);
  const quarantine = quarantineOf(lab);
  const { total, entries } = await lab.ended(quarantine.list());
  expect(total).toBe(2);
  expect(entries.map(({ id }) => id)).toContain(call.id);
  expect(entries.find(({ id }) => id === call.id)).toMatchObject({
    ...{ action: 'work', attempts: 1, kind: 'call', bytes: 16, deadline: startMs + 3_600_000 },
    ...{ reason: expect.stringMatching(/^no good/) as string, sender: identityOf(lab, 'AKIDTEST') },
  });
  const other = entries.find(({ id }) => id !== call.id);
  expect(other).toMatchObject({ kind: 'one-way' });
  const shown = await lab.ended(quarantine.show(other?.id ?? ''));
  expect(shown).toMatchObject({ body: { a: '\ufffe' }, headers: { 'x-one': '1' } });
  expect(JSON.stringify(await lab.ended(quarantine.show(call.id)))).not.toContain('"x"');
  expect((await lab.ended(quarantine.list())).entries).toHaveLength(2);
  await quarantine.close();
});

test('all servers of SQS are asked, so that none of what was set aside is overlooked', async () => {
  const lab = createLab();
  await setAside(lab, [request()]);
  const quarantine = quarantineOf(lab);
  await lab.ended(quarantine.list());
  const waits = lab.emulator.calls
    .filter(({ action, queue }) => action === 'ReceiveMessage' && queue === 'samovar-jobs-dlq.fifo')
    .map(({ input }) => input['WaitTimeSeconds']);
  expect(new Set(waits)).toEqual(new Set([1]));
  await quarantine.close();
});

test('more than one receive can bring is listed too, in the order in which it was set aside', async () => {
  const lab = createLab();
  const sent = Array.from({ length: 45 }, () => request({ groupKey: 'one group' }));
  await setAside(lab, sent);
  const quarantine = quarantineOf(lab);
  const { entries, isCut } = await lab.ended(quarantine.list({ most: 40 }));
  expect(entries.map(({ id }) => id)).toEqual(sent.slice(0, 40).map(({ id }) => id));
  expect(isCut).toBe(true);
  await quarantine.close();
});

test('what is redriven arrives as it was, once, in order, with the name of its redrive', async () => {
  const lab = createLab();
  const sent = Array.from({ length: 25 }, (_, index) =>
    request({ groupKey: 'g', body: JSON.stringify({ index }), headers: { 'samovar-idempotency-key': `k${index}` } }),
  );
  await setAside(lab, sent);
  const quarantine = quarantineOf(lab);
  expect(await lab.ended(quarantine.redrive({ dryRun: true }))).toMatchObject({ done: 25 });
  expect(await lab.ended(quarantine.redrive())).toMatchObject({ total: 25, done: 25, isComplete: true });
  expect((await lab.ended(quarantine.list())).total).toBe(0);
  await quarantine.close();

  const worker = lab.transport();
  const seen: { message: Message; redriven?: string; attempt: number }[] = [];
  await lab.ended(
    worker.consume('jobs', { actions: ['work'], intake: 10 }, async (delivery) => {
      seen.push(delivery);
      return { kind: 'ack' };
    }),
  );
  await lab.until(() => seen.length === 25);
  expect(seen.map(({ message }) => message)).toEqual(sent);
  expect(new Set(seen.map(({ redriven }) => redriven)).size).toBe(25);
  expect(seen.every(({ attempt, redriven }) => attempt === 1 && redriven !== undefined)).toBe(true);
  await lab.ended(worker.close());
});

test('a redriven request can be set aside and redriven again, within the five minutes that SQS remembers ids', async () => {
  const lab = createLab();
  await setAside(lab, [request({ id: 'again' })]);
  const quarantine = quarantineOf(lab);
  for (let round = 1; round <= 3; round += 1) {
    expect(await lab.ended(quarantine.redrive())).toMatchObject({ done: 1 });
    await setAside(lab, [], `round ${round}`).catch(() => undefined);
    const worker = lab.transport();
    await lab.ended(
      worker.consume('jobs', { actions: ['work'], intake: 1 }, async () => ({ kind: 'quarantine', reason: 'again' })),
    );
    await lab.until(() => worker.health().counters['deletes'] === 1);
    await lab.ended(worker.close());
    expect((await lab.ended(quarantine.list())).entries.map(({ id }) => id)).toEqual(['again']);
  }
  await quarantine.close();
});

test.each([
  ['AKIDCALLER', ['AKIDWORKER', 'AKIDOPERATOR']],
  ['AKIDWORKER', ['AKIDOPERATOR']],
  ['AKIDOPERATOR', []],
])('a redriven request is that of %s where %j are believed', async (expected, believed) => {
  const lab = createLab();
  const believes = believed.map((key) => identityOf(lab, key));
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDCALLER');
  await lab.addressed('jobs');
  const caller = lab.transport();
  await lab.ended(caller.send('jobs', request({ headers: { 'samovar-sender': 'admin' } })));
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDWORKER');
  const worker = lab.transport({ believes });
  const seen: Delivery[] = [];
  const receive = async (delivery: Delivery): Promise<Disposition> => {
    return seen.push(delivery) === 1 ? { kind: 'quarantine', reason: 'first' } : { kind: 'ack' };
  };
  await lab.ended(worker.consume('jobs', { actions: ['work'], intake: 1 }, receive));
  await lab.until(() => worker.health().counters['deletes'] === 1);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDOPERATOR');
  const quarantine = quarantineOf(lab, { believes });
  await lab.ended(quarantine.redrive());
  await lab.until(() => seen.length === 2);
  expect(seen.map(({ sender }) => sender)).toEqual([identityOf(lab, 'AKIDCALLER'), identityOf(lab, expected)]);
  expect(seen[1]?.message.headers).toEqual({});
  await quarantine.close();
  await lab.ended(Promise.all([worker.close(), caller.close()]));
});

test('a call whose deadline has passed stays, unless nobody has to be answered', async () => {
  const lab = createLab();
  await setAside(lab, [
    request({ id: 'late', replyTo: inbox, correlationId: 'c', expiresAt: lab.clock.now() + 60_000 }),
  ]);
  await lab.clock.advance(120_000);
  const quarantine = quarantineOf(lab);
  expect(await lab.ended(quarantine.redrive())).toMatchObject({ done: 0, expired: 1 });
  expect(await lab.ended(quarantine.redrive({ withoutReply: true }))).toMatchObject({ done: 1 });
  const [got] = await lab.drain('samovar-jobs.fifo');
  expect(Object.keys(got?.attributes ?? {}).sort()).toEqual(['action', 'correlation-id', 'headers', 'id']);
  await quarantine.close();
});

test('purging by a selection deletes that and nothing else', async () => {
  const lab = createLab();
  await setAside(
    lab,
    Array.from({ length: 15 }, () => request()),
  );
  const quarantine = quarantineOf(lab);
  const { entries } = await lab.ended(quarantine.list());
  const ids = entries.slice(0, 12).map(({ id }) => id);
  expect(await lab.ended(quarantine.purge({ ids }))).toMatchObject({ total: 15, done: 12 });
  expect((await lab.ended(quarantine.list())).entries.map(({ id }) => id)).toEqual(
    entries.slice(12).map(({ id }) => id),
  );
  await quarantine.close();
});

test('while one works there another is busy', async () => {
  const lab = createLab();
  await setAside(lab, [request()]);
  const [one, other] = [quarantineOf(lab), quarantineOf(lab)];
  lab.emulator.fault({ action: 'ChangeMessageVisibilityBatch', then: { delayMs: 5_000 }, times: 1 });
  const listing = one.list();
  await lab.clock.advance(1_000);
  const told = lab.ended(other.list());
  await expect(told).rejects.toMatchObject({ code: 'busy', sent: 'no' });
  await lab.ended(listing);
  expect((await lab.ended(other.list())).entries).toHaveLength(1);
  await Promise.all([one.close(), other.close()]);
});

test('an address without dead letters is unroutable', async () => {
  const lab = createLab();
  const quarantine = quarantineOf(lab);
  await expect(lab.ended(quarantine.list())).rejects.toMatchObject({ code: 'unroutable' });
  await quarantine.close();
});

test('what SQS moved by itself is listed with its reason, and can be redriven', async () => {
  const lab = createLab();
  await lab.api.createQueue('samovar-jobs-dlq.fifo', { FifoQueue: 'true' });
  const deadLetterTargetArn = 'arn:aws:sqs:eu-west-1:000000000000:samovar-jobs-dlq.fifo';
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 2 });
  const url = await lab.api.createQueue('samovar-jobs.fifo', { FifoQueue: 'true', RedrivePolicy });
  const transport = lab.transport();
  await lab.ended(transport.send('jobs', request({ id: 'worn', groupKey: 'g' })));
  for (let receive = 1; receive <= 3; receive += 1) {
    await lab.api.receive(url, { max: 1, waitMs: 0, visibilityMs: 0 });
  }
  const quarantine = quarantineOf(lab);
  const { entries } = await lab.ended(quarantine.list());
  expect(entries).toMatchObject([{ id: 'worn', reason: expect.stringMatching(/received too often/) as string }]);
  expect(await lab.ended(quarantine.redrive())).toMatchObject({ done: 1 });
  const [got] = await lab.drain('samovar-jobs.fifo');
  expect(got).toMatchObject({ groupId: 'g' });
  expect(got?.attributes['id']).toBe('worn');
  await quarantine.close();
  await lab.ended(transport.close());
});
