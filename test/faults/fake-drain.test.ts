import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defineHandler, type Message } from '../../src/index.js';
import { createAmqpTransport } from '../../transports/amqp/index.js';
import { openBench, testHandlers } from '../cli/worker/kit.js';
import { echo, failureOf, gate } from '../e2e/stage.js';
import { encode } from '../support/fake-amqp-codec.js';
import { startFaultProxy } from '../support/fault-proxy.js';
import { answering, openFakeStage, type FakeStage } from './fake-stage.js';

let stage: FakeStage;
beforeEach(async () => {
  stage = await openFakeStage();
});
afterEach(() => stage.close());

/** Answers a method of this name no more; resolves once one came. */
async function stall(method: string): Promise<void> {
  const before = stage.broker.callsOf(method).length;
  stage.broker.answers.set(method, () => undefined);
  await expect.poll(() => stage.broker.callsOf(method).length).toBeGreaterThan(before);
}

function loseConnections(): void {
  const close = { replyCode: 320, replyText: 'CONNECTION_FORCED', classId: 0, methodId: 0 };
  for (const peer of stage.broker.peers) peer.write(encode(0, 'connection.close', close));
}

describe('SIGTERM ends a worker in good order', () => {
  test.each([
    ['while it connects', 'connection.open'],
    ['while it declares its topology', 'exchange.declare'],
    ['while it begins to consume', 'basic.consume'],
  ])('%s', async (_, method) => {
    const bench = await openBench();
    const stalled = stall(method);
    const worker = bench.run(['worker', '--url', stage.broker.url, '--handlers', testHandlers]);
    await stalled;
    worker.kill('SIGTERM');
    expect(await worker.exited).toEqual({ code: 0, signal: null });
    expect(worker.log.map(({ msg }) => msg)).toContain('put away');
    expect(worker.log.at(-1)).toMatchObject({ msg: 'stopped', unfinished: 0 });
  });

  test('while it connects again', async () => {
    const bench = await openBench();
    const worker = await bench.worker(['--url', stage.broker.url, '--handlers', testHandlers, '--address', 'node-1']);
    const stalled = stall('connection.open');
    loseConnections();
    await stalled;
    worker.kill('SIGTERM');
    expect(await worker.exited).toEqual({ code: 0, signal: null });
    expect(worker.log.at(-1)).toMatchObject({ msg: 'stopped', unfinished: 0 });
  });
});

test('a server that stops while it connects again lets what runs end, within its drain', async () => {
  const finish = gate();
  let ended = 0;
  const slow = defineHandler(echo, {
    async run({ word }) {
      await finish.opened;
      ended += 1;
      return { word };
    },
  });
  const server = await stage.serve([slow], { drainMs: 10_000 });
  const request = { properties: { messageId: 'm', replyTo: 'amq.gen-1', correlationId: 'c' }, body: '{"word":"x"}' };
  stage.broker.deliver(stage.to, request, { exchange: 'echo' });
  await expect.poll(() => server.health().running).toBe(1);
  const stalled = stall('connection.open');
  loseConnections();
  await stalled;
  const stopping = server.stop();
  finish.open();
  // Its reply waits for a broker, until there is one.
  await expect.poll(() => ended).toBe(1);
  stage.broker.answers.clear();
  loseConnections();
  expect(await stopping).toEqual({ unfinished: [] });
});

test('a caller that closes while its inbox is being opened is told at once, and leaves no connection', async () => {
  await stage.serve([answering]);
  const client = stage.client();
  const transport = stage.transports.at(-1);
  const stalled = stall('basic.consume');
  const call = failureOf(client.call(echo, { word: 'x' }, { to: stage.to }));
  await stalled;
  await client.close();
  expect(await call).toEqual({ code: 'unavailable', outcome: 'not_executed', retryable: true });
  await transport?.close();
  await expect.poll(() => stage.broker.peers.length).toBe(2);
});

test('a caller that closes while the broker reads nothing leaves no socket, which would keep its process alive', async () => {
  const made: Socket[] = [];
  const note = (told: unknown) => void made.push((told as { readonly socket: Socket }).socket);
  subscribe('net.client.socket', note);
  const proxy = await startFaultProxy(stage.broker.port);
  const transport = createAmqpTransport({ url: proxy.through(stage.broker.url) });
  await transport.consume('node-9', { actions: ['echo'], intake: 1 }, async () => ({ kind: 'ack' }));
  unsubscribe('net.client.socket', note);
  const sockets = made.filter(({ remotePort }) => remotePort === proxy.port);
  const [message, large] = ['', 'x'.repeat(1_000_000)].map((body) => ({ id: 'm', action: 'echo', body, headers: {} }));
  await transport.send('node-9', message as Message);
  proxy.blackHole('up');
  const sends = Array.from({ length: 20 }, () => failureOf(transport.send('node-9', large as Message)));
  // More than all buffers on the way hold.
  let writtenBefore = 0;
  function isFull(): boolean {
    const written = Math.max(...sockets.map(({ bytesWritten, writableLength }) => bytesWritten - writableLength));
    const isSame = written === writtenBefore;
    writtenBefore = written;
    return isSame && sockets.some(({ writableLength }) => writableLength > 1_000_000);
  }
  await expect.poll(isFull, { interval: 100 }).toBe(true);
  for (const peer of stage.broker.peers) {
    if (peer.role === 'publish') peer.send(0, 'connection.blocked', { reason: 'low on memory' });
  }
  await expect.poll(() => transport.status).toBe('blocked');
  await transport.close();
  await Promise.all(sends);
  await expect.poll(() => sockets.every(({ destroyed }) => destroyed), { timeout: 5_000 }).toBe(true);
  await proxy.close();
});
