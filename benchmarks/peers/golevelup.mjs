import 'reflect-metadata';
import { AmqpConnection, RabbitMQModule, RabbitRPC } from '@golevelup/nestjs-rabbitmq';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { answered } from './answered.mjs';

/**
 * @golevelup/nestjs-rabbitmq, by direct reply-to; it confirms both messages and acks after the answer. 'documented':
 * "Exposing RPC Handlers" and "Requesting Data from an RPC" in its README: prefetch 10, Nagle's delay. 'tuned': without
 * that delay, with prefetch 128.
 */
const options = {
  documented: {},
  tuned: { prefetchCount: 128, connectionManagerOptions: { connectionOptions: { noDelay: true } } },
};
const routingKey = 'echo';
const exchangeOf = (variant) => `bench-golevelup-${variant}`;

export async function serve({ url, variant }) {
  class EchoService {
    async echo({ n }) {
      return { n };
    }
  }
  const { prototype } = EchoService;
  const rpc = RabbitRPC({ exchange: exchangeOf(variant), routingKey, queue: `${exchangeOf(variant)}-${routingKey}` });
  // The syntax of decorators needs a compiler; this is what it would make of them.
  rpc(prototype, 'echo', Object.getOwnPropertyDescriptor(prototype, 'echo'));
  Injectable()(EchoService);
  const app = await start(url, variant, [EchoService]);
  return () => app.close();
}

export async function connect({ url, variant, text }) {
  const app = await start(url, variant, []);
  const connection = app.get(AmqpConnection);
  const exchange = exchangeOf(variant);
  return {
    call: async (n) => answered(n, await connection.request({ exchange, routingKey, payload: { n, text } })),
    close: () => app.close(),
  };
}

function start(url, variant, providers) {
  const exchanges = [{ name: exchangeOf(variant), type: 'topic' }];
  class BenchModule {}
  Module({ imports: [RabbitMQModule.forRoot({ uri: url, exchanges, ...options[variant] })], providers })(BenchModule);
  return NestFactory.createApplicationContext(BenchModule, { logger: false });
}
