type Value = Readonly<Record<string, unknown>>;

/** The bindings' own versions, which tools look up. */
const amqpVersion = '0.3.0';
const sqsVersion = '0.2.0';

export function channelBindings(action: string, address: string): Value {
  const queue = sqsQueue(address);
  const dead = { name: `{${address}}-dlq.fifo`, fifoQueue: true };
  return {
    amqp: {
      is: 'routingKey',
      exchange: { name: action, type: 'direct', durable: false, autoDelete: false },
      bindingVersion: amqpVersion,
    },
    sqs: {
      queue: { ...queue, redrivePolicy: { deadLetterQueue: { name: dead.name }, maxReceiveCount: 1_000 } },
      deadLetterQueue: dead,
      bindingVersion: sqsVersion,
    },
  };
}

export function operationBindings(persistent: boolean): Value {
  return {
    amqp: { deliveryMode: persistent ? 2 : 1, mandatory: true, ack: true, bindingVersion: amqpVersion },
    sqs: { queues: [sqsQueue('address')], bindingVersion: sqsVersion },
  };
}

/** On AMQP a request carries its action as `type`, too; SQS has nothing to say about single messages. */
export function messageBindings(type?: string): Value {
  return { amqp: { ...(type !== undefined && { messageType: type }), bindingVersion: amqpVersion }, sqs: {} };
}

function sqsQueue(address: string): Value {
  return { name: `{${address}}.fifo`, fifoQueue: true };
}
