import { connect } from 'amqplib';
import { expect } from 'vitest';
import type { Quarantine } from '../../src/core/quarantine.js';
import { createAmqpTransport, openQuarantine } from '../../transports/amqp/index.js';
import { createMemoryBroker } from '../../transports/memory/index.js';
import type { Transport } from '../../src/index.js';
import { startFaultProxy } from '../support/fault-proxy.js';
import { sharedRabbitmq } from '../support/shared-rabbitmq.js';

/** A broker of any kind, with what end-to-end tests do to it. */
export interface World {
  /** A connection of its own, as one of two users of the broker. */
  connect(user?: 'ann' | 'bob'): Transport;
  /** The link of every connection fails, until `reconnect`. */
  disconnect(): Promise<void>;
  reconnect(): Promise<void>;
  /** What was set aside from an address, with the credentials of a user. */
  quarantine?(address: string, user?: 'ann' | 'bob'): Quarantine;
  /** The reasons of what was set aside from an address. */
  quarantined(address: string): Promise<string[]>;
  close(): Promise<void>;
}

export async function openMemoryWorld(): Promise<World> {
  const broker = createMemoryBroker();
  return {
    connect: (user = 'ann') => broker.connect({ user }),
    disconnect: async () => broker.stop(),
    reconnect: async () => broker.start(),
    quarantine: (address) => broker.quarantine(address),
    quarantined: async (address) => broker.deadLetters(address).map(({ reason }) => reason),
    async close() {
      await Promise.all(broker.connections.map((connection) => connection.close()));
    },
  };
}

async function openAmqpWorld(): Promise<World> {
  const broker = await sharedRabbitmq();
  const virtualHost = await broker.createVirtualHost();
  const rights = { virtualHost: virtualHost.name };
  const [ann, bob] = await Promise.all([broker.createUser(rights), broker.createUser(rights)]);
  const proxy = await startFaultProxy(broker.port);
  const made: Transport[] = [];
  const quarantines: Quarantine[] = [];
  const urls = { ann: proxy.through(ann.url), bob: proxy.through(bob.url) };
  return {
    connect(user = 'ann') {
      const transport = createAmqpTransport({ url: urls[user] });
      made.push(transport);
      return transport;
    },
    async disconnect() {
      await proxy.down();
      // What is written before a cut is noticed may or may not have arrived: that is another row of the table.
      await expect.poll(() => made.filter(({ status }) => status === 'ready')).toEqual([]);
    },
    reconnect: () => proxy.up(),
    quarantine(address, user = 'ann') {
      const opened = openQuarantine({ url: urls[user], address });
      quarantines.push(opened);
      return opened;
    },
    async quarantined(address) {
      const connection = await connect(virtualHost.url);
      const channel = await connection.createChannel();
      const reasons: string[] = [];
      for (;;) {
        const message = await channel.get(`${address}.quarantine`, { noAck: true });
        if (!message) break;
        reasons.push(String(message.properties.headers?.['samovar-reason']));
      }
      await connection.close();
      return reasons;
    },
    async close() {
      await Promise.all(quarantines.map((opened) => opened.close()));
      await proxy.close();
      await broker.deleteVirtualHost(virtualHost.name);
    },
  };
}

/** Every transport that end-to-end behaviour is held to. */
export const worlds = [
  { name: 'memory', open: openMemoryWorld },
  { name: 'amqp', open: openAmqpWorld },
] as const;
