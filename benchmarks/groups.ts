import type { MeasureGroup } from './group.js';

interface Group {
  readonly takes: string;
  /** Takes part in a quick run. */
  readonly quick?: true;
  /** Is measured over RabbitMQ. */
  readonly broker?: true;
  /** Packages of peers/ that take part. */
  readonly peers?: readonly string[];
  readonly load: () => Promise<MeasureGroup>;
}

/** In the order of the report. Loaded when they are measured: the package has to be built before. */
export const groups: Readonly<Record<string, Group>> = {
  amqp: {
    ...{ takes: '16 min', quick: true, broker: true },
    peers: ['rabbitmq-client', '@nestjs/microservices', '@golevelup/nestjs-rabbitmq', 'moleculer'],
    load: async () => (await import('./amqp.js')).measureAmqp,
  },
  waiting: { takes: '1.5 min', broker: true, load: async () => (await import('./waiting.js')).measureWaiting },
  memory: {
    ...{ takes: '1.5 min', quick: true },
    peers: ['@orpc/server', '@trpc/server', 'moleculer'],
    load: async () => (await import('./memory/measure-memory.js')).measureMemory,
  },
  sqs: { takes: '2 min', peers: ['sqs-consumer'], load: async () => (await import('./sqs.js')).measureSqs },
  idle: { takes: '5 min', broker: true, load: async () => (await import('./idle.js')).measureIdle },
  growth: { takes: '3 min', load: async () => (await import('./growth.js')).measureGrowth },
};
