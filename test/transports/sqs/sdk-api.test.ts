import { expect, test, vi } from 'vitest';
import { SqsError, type SqsApi } from '../../../transports/sqs/api.js';
import { sqsSettings } from '../../../transports/sqs/options.js';
import { createSdkApi } from '../../../transports/sqs/sdk-api.js';
import { isLasting, neverLeft, sqsErrorOf } from '../../../transports/sqs/sdk-errors.js';
import { createLab, request } from './lab.js';

const failure = (work: Promise<unknown>): Promise<SqsError> =>
  work.then(
    () => Promise.reject(new Error('expected a failure')),
    (error: unknown) => error as SqsError,
  );

const apiOf = ({ options }: ReturnType<typeof createLab>): SqsApi => createSdkApi(sqsSettings(options));

test('a call that is not answered is given up in time, and a poll later by its wait', async () => {
  const lab = createLab();
  const api = apiOf(lab);
  const url = await api.createQueue('q.fifo', { FifoQueue: 'true' });
  lab.emulator.fault({ then: 'hang' });
  for (const [call, limitMs] of [
    [() => api.queueAttributes(url), 10_000],
    [() => api.receive(url, { max: 1, waitMs: 20_000, visibilityMs: 30_000 }), 30_000],
  ] as const) {
    const startMs = lab.clock.monotonicMs();
    const { kind, message } = await lab.ended(failure(call()));
    expect(kind).toBe('unavailable');
    expect(message).toMatch(new RegExp(`q\\.fifo: no answer within ${limitMs} ms`));
    expect(lab.clock.monotonicMs() - startMs).toBe(limitMs);
  }
});

test('each call is made once: whoever calls decides whether it is made again', async () => {
  const lab = createLab();
  const api = apiOf(lab);
  lab.emulator.fault({ then: 'error 503' });
  expect((await lab.ended(failure(api.queueUrl('q')))).kind).toBe('unavailable');
  expect(lab.emulator.calls).toHaveLength(1);
});

test('a wrong checksum is no answer', async () => {
  const lab = createLab();
  const api = apiOf(lab);
  const url = await api.createQueue('q', {});
  await api.sendBatch(url, [{ body: 'x', attributes: {} }]);
  lab.emulator.fault({ action: 'ReceiveMessage', then: 'wrong md5', times: 1 });
  const { kind } = await lab.ended(failure(api.receive(url, { max: 10, waitMs: 0, visibilityMs: 0 })));
  expect(kind).toBe('unavailable');
  expect(await lab.ended(api.receive(url, { max: 10, waitMs: 0, visibilityMs: 0 }))).toHaveLength(1);
});

test('each entry of a batch has its own fate', async () => {
  const lab = createLab();
  const api = apiOf(lab);
  const url = await api.createQueue('q', {});
  const outcomes = await api.deleteBatch(url, ['not a receipt', 'nor this']);
  expect(outcomes).toHaveLength(2);
  for (const outcome of outcomes) expect(outcome).toMatchObject({ ok: false, error: { kind: 'stale_receipt' } });
});

test('closing ends what is under way, and nothing is called any more', async () => {
  const lab = createLab();
  const api = apiOf(lab);
  const url = await api.createQueue('q', {});
  const polling = failure(api.receive(url, { max: 1, waitMs: 20_000, visibilityMs: 30_000 }));
  await lab.clock.advance(100);
  api.close();
  expect((await polling).kind).toBe('unavailable');
  const { length } = lab.emulator.calls;
  expect((await failure(api.queueUrl('q'))).message).toMatch(/closed/);
  expect(lab.emulator.calls).toHaveLength(length);
});

test('a queue URL decides nothing: whatever host it names, calls go where the settings say', async () => {
  const lab = createLab();
  const api = apiOf(lab);
  await api.createQueue('q', {});
  await lab.ended(api.sendBatch('https://127.0.0.1:9/000000000000/q', [{ body: 'x', attributes: {} }]));
  expect(lab.calls('SendMessageBatch', 'q')).toBe(1);
});

test.each([
  ['AWS.SimpleQueueService.NonExistentQueue', 400, 'no_queue'],
  ['QueueDoesNotExist', 400, 'no_queue'],
  ['ReceiptHandleIsInvalid', 404, 'stale_receipt'],
  ['AWS.SimpleQueueService.MessageNotInflight', 400, 'stale_receipt'],
  ['RequestThrottled', 403, 'throttled'],
  ['ThrottlingException', 400, 'throttled'],
  ['OverLimit', 403, 'throttled'],
  ['Unheard', 429, 'throttled'],
  ['AccessDenied', 403, 'denied'],
  ['ExpiredTokenException', 400, 'denied'],
  ['CredentialsProviderError', undefined, 'denied'],
  ['Unheard', 403, 'denied'],
  ['QueueNameExists', 400, 'conflict'],
  ['AWS.SimpleQueueService.QueueDeletedRecently', 400, 'conflict'],
  ['InvalidParameterValue', 400, 'refused'],
  ['InternalFailure', 500, 'unavailable'],
  ['Unheard', 502, 'unavailable'],
  ['TimeoutError', undefined, 'unavailable'],
])('%s with status %s is %s', (name, httpStatusCode, kind) => {
  const error = Object.assign(new Error('said SQS'), { name, $metadata: { httpStatusCode } });
  const { kind: got, message } = sqsErrorOf('SendMessageBatch q', error);
  expect(got).toBe(kind);
  expect(message).toMatch(/^SendMessageBatch q: .*said SQS$/);
});

test('a receipt that has expired is told from a parameter that is wrong', () => {
  const message = 'Value ... for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.';
  const error = Object.assign(new Error(message), {
    name: 'InvalidParameterValue',
    $metadata: { httpStatusCode: 400 },
  });
  expect(sqsErrorOf('DeleteMessage q', error).kind).toBe('stale_receipt');
});

test('what may be renewed, and what never left, are told from the rest', () => {
  const failed = (name: string, code?: string) =>
    sqsErrorOf('x', Object.assign(new Error('x'), { name, ...(code !== undefined && { code }) }));
  expect([isLasting(failed('ExpiredToken')), isLasting(failed('AccessDenied'))]).toEqual([false, true]);
  for (const code of ['ECONNREFUSED', 'CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT']) {
    expect(neverLeft(failed('Error', code))).toBe(true);
  }
  expect(neverLeft(failed('Error', 'ECONNRESET'))).toBe(false);
});

test('what SQS says of a signature is cut before the headers that were signed', () => {
  const message = 'The signature does not match.\nThe Canonical String should have been\nx-amz-security-token:canary';
  const error = Object.assign(new Error(message), { name: 'InvalidSignatureException' });
  expect(sqsErrorOf('x', error).message).toBe('x: InvalidSignatureException: The signature does not match.');
});

test('a clock that is wrong is set by the answer of SQS, and the call is made again', async () => {
  const { transport, emulator, ended, addressed, drain } = createLab();
  await addressed('jobs');
  const { requestHandler } = emulator;
  let refused = 0;
  const sender = transport({
    requestHandler: {
      ...requestHandler,
      async handle(...call: Parameters<typeof requestHandler.handle>) {
        const { response } = await requestHandler.handle(...call);
        if ((refused += 1) > 1) return { response };
        const headers = { date: new Date(Date.now() + 3_600_000).toUTCString() };
        const body = JSON.stringify({
          __type: 'com.amazon.coral.service#InvalidSignatureException',
          message: 'expired',
        });
        return { response: { statusCode: 403, headers, body: Buffer.from(body) } };
      },
    },
  });
  await ended(sender.send('jobs', request()));
  expect(await drain('samovar-jobs.fifo')).toHaveLength(1);
  await sender.close();
});

test('a missing region is an error of the set-up, and says where to set it', async () => {
  vi.stubEnv('AWS_REGION', undefined);
  vi.stubEnv('AWS_CONFIG_FILE', '/dev/null');
  const lab = createLab();
  const { region: _, ...options } = lab.options;
  const { kind, message } = await failure(createSdkApi(sqsSettings(options)).queueUrl('q'));
  expect([kind, message]).toEqual([
    'refused',
    'GetQueueUrl q: expected a region (region under sqs in a configuration file, or AWS_REGION), got: Region is missing',
  ]);
  vi.unstubAllEnvs();
});
