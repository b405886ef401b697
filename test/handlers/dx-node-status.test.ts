import { hostname } from 'node:os';
import { declaredErrorOf } from 'samovar';
import { dxNodeStatus, handleDxNodeStatus } from 'samovar/handlers';
import { expect, it } from 'vitest';
import { openKitchen } from './kitchen.js';

const to = 'node-1';

it('tells load, memory and disk of its node', async () => {
  const { client } = await openKitchen(() => [handleDxNodeStatus()]);
  const status = await client.call(dxNodeStatus, {}, { to });
  expect(status.hostname).toBe(hostname());
  expect(status.memory.totalBytes).toBeGreaterThan(status.memory.freeBytes);
  expect(status.disk).toMatchObject({ path: '/' });
  expect(status.disk.totalBytes).toBeGreaterThan(0);
  expect(status.loadAverage.minutes1).toBeGreaterThanOrEqual(0);
});

it.each(['/no/such/path', `${import.meta.filename}/below-a-file`])('says so when there is no %s', async (path) => {
  const { client } = await openKitchen(() => [handleDxNodeStatus()]);
  const error: unknown = await client.call(dxNodeStatus, { path }, { to }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'failed', outcome: 'executed', retryable: false });
  expect(declaredErrorOf(dxNodeStatus, error)).toEqual({ name: 'no_such_path', data: { path } });
});

it('takes absolute paths only', async () => {
  const { client } = await openKitchen(() => [handleDxNodeStatus()]);
  await expect(client.call(dxNodeStatus, { path: 'etc' }, { to })).rejects.toMatchObject({ code: 'invalid_request' });
});
