import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ConsumeOptions, Message } from '../../../src/core/transport.js';
import type { AmqpTransport } from '../../../transports/amqp/index.js';
import { sharedRabbitmq } from '../../support/shared-rabbitmq.js';
import { createManualClock } from '../../../src/testing/index.js';
import { eventually, message, openLab, rejection, work, type Lab } from './lab.js';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab(await sharedRabbitmq());
});
afterEach(() => lab.sweep());
afterAll(() => lab.end());

interface Heard {
  readonly message: Message;
  readonly sender: string | undefined;
}

/** A consumer that hears control messages and acks all requests. */
async function listen(transport: AmqpTransport, address: string) {
  const heard: Heard[] = [];
  const options: ConsumeOptions = {
    actions: ['greet'],
    intake: 2,
    control: (cancel, sender) => void heard.push({ message: cancel, sender }),
  };
  const consumer = await transport.consume(address, options, async () => ({ kind: 'ack' }));
  return { heard, consumer, transport };
}

const cancel = (correlationId: string) => message({ action: 'samovar.cancel', correlationId });
const control = { control: true } as const;
/** The names of all of a kind on the lab's virtual host. */
async function listed(kind: 'queues' | 'exchanges'): Promise<string[]> {
  const found = (await lab.broker.management('GET', `/${kind}/${lab.virtualHost}`)) as { readonly name: string }[];
  return found.map(({ name }) => name);
}
const queues = async () => (await listed('queues')).filter((name) => name.startsWith('samovar.control.'));

describe('a control message', () => {
  test('says what it is about, and who sent it', async () => {
    const { heard } = await listen(lab.connect(), 'told');
    const caller = await lab.broker.createUser({ virtualHost: lab.virtualHost });
    const transport = lab.connect({ url: caller.url });
    await transport.connect();
    await transport.send('told', cancel('the call'), control);
    await eventually(() => heard.length === 1);
    expect(heard[0]).toMatchObject({
      message: { action: 'samovar.cancel', correlationId: 'the call', body: '{}' },
      sender: caller.name,
    });
  });

  test('from a program that names no user has no sender', async () => {
    const { heard } = await listen(lab.connect(), 'foreign');
    const channel = await (await lab.foreigner()).createChannel();
    channel.publish('samovar.control', 'foreign', Buffer.from('[not json'), {
      type: 'samovar.cancel',
      correlationId: 'c',
    });
    await eventually(() => heard.length === 1);
    expect(heard[0]?.sender).toBeUndefined();
    expect(heard[0]?.message.correlationId).toBe('c');
  });

  test('to where nobody hears it is refused, and nothing is declared for it', async () => {
    const transport = lab.connect();
    await transport.connect();
    const channel = await (await lab.foreigner()).createChannel();
    await channel.deleteExchange('samovar.control');
    expect(await rejection(transport.send('existing', cancel('c'), control))).toMatchObject({
      code: 'unroutable',
      sent: 'no',
    });
    expect(await listed('exchanges')).not.toContain('samovar.control');
    // What is sent besides is untouched.
    const worker = await work(lab.connect());
    await transport.send(worker.address, message());
    await eventually(() => worker.seen.length === 1);
    expect(transport.health().counters).toMatchObject({ channels_replaced: 0, control_sent: 0 });
  });

  test('that the broker refuses ends its own channel only, and the next one arrives', async () => {
    const { heard } = await listen(lab.connect(), 'torn');
    const transport = lab.connect();
    await transport.connect();
    await transport.send('torn', cancel('1'), control);
    await eventually(() => heard.length === 1);
    const channel = await (await lab.foreigner()).createChannel();
    await channel.deleteExchange('samovar.control');
    const worker = await work(lab.connect());
    await transport.send('torn', cancel('2'), control);
    for (let sent = 0; sent < 50; sent += 1) await transport.send(worker.address, message());
    expect(transport.health().counters).toMatchObject({ channels_replaced: 0, reconnects: 0, sent: 50 });
    const again = await listen(lab.connect(), 'torn-again');
    await eventually(async () => {
      await transport.send('torn-again', cancel('3'), control).catch(() => undefined);
      return again.heard.length > 0;
    });
  });

  test('is heard again after a cut, with the control exchange gone meanwhile', async () => {
    const { heard, transport: worker } = await listen(lab.connect(), 'cut');
    const transport = lab.connect();
    await transport.connect();
    const channel = await (await lab.foreigner()).createChannel();
    await lab.proxy.down();
    await channel.deleteExchange('samovar.control');
    await lab.proxy.up();
    await eventually(() => worker.health().reconnects > 0 && worker.status === 'ready' && transport.status === 'ready');
    await eventually(async () => {
      await transport.send('cut', cancel('after'), control).catch(() => undefined);
      return heard.length > 0;
    });
    expect(heard[0]?.message.correlationId).toBe('after');
  });

  test('does not wait for a connection', async () => {
    const transport = lab.connect();
    await transport.connect();
    await lab.proxy.down();
    await eventually(() => transport.status !== 'ready');
    expect(await rejection(transport.send('away', cancel('c'), control))).toMatchObject({
      code: 'unavailable',
      sent: 'no',
    });
    await lab.proxy.up();
  });

  test('is on its way before the transport is closed', async () => {
    const { heard } = await listen(lab.connect(), 'goodbye');
    const transport = lab.connect();
    await transport.connect();
    const sending = transport.send('goodbye', cancel('c'), control);
    await transport.close();
    await sending;
    await eventually(() => heard.length === 1);
    expect(await rejection(transport.send('goodbye', cancel('c'), control))).toMatchObject({ code: 'closed' });
  });

  test('is one of ten thousand at once, and they all arrive', async () => {
    const { heard } = await listen(lab.connect(), 'crowd');
    const transport = lab.connect();
    await transport.connect();
    const sends = Array.from({ length: 10_000 }, (_, nth) => transport.send('crowd', cancel(String(nth)), control));
    await Promise.all(sends);
    await eventually(() => heard.length === 10_000);
    expect(transport.health().counters).toMatchObject({ control_sent: 10_000, reconnects: 0 });
  });
});

describe('who listens', () => {
  test('comes back with the next upkeep when somebody deletes its queue, or the exchange', async () => {
    const clock = createManualClock({ startMs: Date.now() });
    // Its time outruns the broker, which must not be taken for one that does not answer.
    const { heard } = await listen(lab.connect({ clock, heartbeatMs: 36_000_000 }), 'kept');
    const transport = lab.connect();
    await transport.connect();
    const channel = await (await lab.foreigner()).createChannel();
    for (const [nth, destroy] of [
      async () => channel.deleteExchange('samovar.control'),
      async () => {
        for (const name of await queues()) await channel.deleteQueue(name).catch(() => undefined);
      },
    ].entries()) {
      await destroy();
      await eventually(async () => {
        await clock.advance(38_000);
        await transport.send('kept', cancel(String(nth)), control).catch(() => undefined);
        return heard.some(({ message: { correlationId } }) => correlationId === String(nth));
      });
    }
  });

  test('leaves no queue behind, and hears on until its last request has ended', async () => {
    await eventually(async () => (await queues()).length === 0);
    const transport = lab.connect();
    const heard: Message[] = [];
    let end: () => void = () => undefined;
    const running = new Promise<void>((resolve) => (end = resolve));
    let started = false;
    const options = { actions: ['greet'], intake: 2, control: (told: Message) => void heard.push(told) };
    const consumer = await transport.consume('leaving', options, async () => {
      started = true;
      await running;
      return { kind: 'ack' };
    });
    const caller = lab.connect();
    await caller.send('leaving', message());
    await eventually(() => started);
    await consumer.stop();
    await caller.send('leaving', cancel('late'), control);
    await eventually(() => heard.length === 1);
    end();
    await eventually(async () => (await queues()).length === 0);
    expect(transport.status).toBe('ready');
  });

  test('cannot be an address whose exchange is that of control messages', async () => {
    expect(await rejection(work(lab.connect(), undefined, { address: 'control' }))).toMatchObject({
      code: 'setup',
      message: expect.stringContaining('an address other than "control"') as string,
    });
  });
});
