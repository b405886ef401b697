import 'reflect-metadata';
import { Controller, Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientProxyFactory, Ctx, MessagePattern, Payload, Transport } from '@nestjs/microservices';
import { firstValueFrom } from 'rxjs';
import { answered } from './answered.mjs';

/**
 * The RabbitMQ transport of @nestjs/microservices, by direct reply-to. 'documented': the "Overview" of the chapter
 * "RabbitMQ" of its documentation: no acks, no limit of messages in hand, Nagle's delay. 'acked': with the manual ack,
 * before the answer, of "Message acknowledgement" there. 'tuned': that without the delay and with prefetch 128.
 */
const acked = { noAck: false };
const tuned = { socketOptions: { connectionOptions: { noDelay: true } } };
const workerOptions = { documented: {}, acked, tuned: { ...acked, ...tuned, prefetchCount: 128 } };
const callerOptions = { documented: {}, acked: {}, tuned };
const pattern = 'bench_echo';
Logger.overrideLogger(false);

export async function serve({ url, variant }) {
  const given = workerOptions[variant];
  const app = await NestFactory.createMicroservice(
    createModule(given.noAck === false ? AckingController : EchoController),
    transportTo(url, variant, given),
  );
  await app.listen();
  return () => app.close();
}

export async function connect({ url, variant, text }) {
  const client = ClientProxyFactory.create(transportTo(url, variant, callerOptions[variant]));
  await client.connect();
  return {
    call: async (n) => answered(n, await firstValueFrom(client.send(pattern, { n, text }))),
    close: () => client.close(),
  };
}

function transportTo(url, variant, given) {
  const options = { urls: [url], queue: `bench-nestjs-${variant}`, queueOptions: { durable: false }, ...given };
  return { transport: Transport.RMQ, options };
}

class EchoController {
  echo({ n }) {
    return { n };
  }
}

class AckingController {
  echo({ n }, context) {
    context.getChannelRef().ack(context.getMessage());
    return { n };
  }
}

// The syntax of decorators needs a compiler; this is what it would make of them.
function createModule(controller) {
  const { prototype } = controller;
  MessagePattern(pattern)(prototype, 'echo', Object.getOwnPropertyDescriptor(prototype, 'echo'));
  Payload()(prototype, 'echo', 0);
  Ctx()(prototype, 'echo', 1);
  Controller()(controller);
  class BenchModule {}
  Module({ controllers: [controller] })(BenchModule);
  return BenchModule;
}
