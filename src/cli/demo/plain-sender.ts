import { systemRandom } from '../../core/random.js';
import { parseReply } from '../../core/reply.js';
import type { ConnectionSettings } from '../../config/settings.js';
import type { Script, ScriptedCall } from './script.js';

/** What a program that has the AWS SDK and nothing of Samovar does to have something done, and to read the answer. */
export interface PlainSender {
  /** Resolves to the data of the reply; rejects with an RpcError for a failure. */
  call(call: ScriptedCall, timeoutMs: number): Promise<unknown>;
  close(): Promise<void>;
}

const prefix = 'samovar-';

/** Opens nothing unless the script has such calls. */
export async function openPlainSender(script: Script, connection: ConnectionSettings): Promise<PlainSender> {
  const isNeeded = script.steps.some(({ calls }) => calls.some(({ sender }) => sender !== undefined));
  if (!isNeeded || connection.transport !== 'sqs') {
    return {
      call: () => Promise.reject(new TypeError('expected SQS for a sender without Samovar')),
      close: () => Promise.resolve(),
    };
  }
  const { SQS } = await import('@aws-sdk/client-sqs');
  const { endpoint, region } = connection.options;
  const sqs = new SQS({ ...(endpoint !== undefined && { endpoint }), ...(region !== undefined && { region }) });
  const replyQueue = `${prefix}inbox-${systemRandom.uuid()}`;
  const { QueueUrl: replies } = await sqs.createQueue({ QueueName: replyQueue });

  return {
    async call({ action, to, request }, timeoutMs) {
      const { QueueUrl: requests } = await sqs.getQueueUrl({ QueueName: `${prefix}${to}.fifo` });
      const id = systemRandom.uuid();
      await sqs.sendMessage({
        QueueUrl: requests,
        MessageBody: JSON.stringify({ service: action, parameters: request }),
        MessageGroupId: to,
        MessageDeduplicationId: id,
        MessageAttributes: {
          'reply-to': { DataType: 'String', StringValue: replyQueue },
          'correlation-id': { DataType: 'String', StringValue: id },
        },
      });
      const { Messages: [reply] = [] } = await sqs.receiveMessage({
        QueueUrl: replies,
        WaitTimeSeconds: Math.ceil(timeoutMs / 1_000),
      });
      if (!reply) throw new Error(`expected a reply within ${timeoutMs} ms, got none`);
      await sqs.deleteMessage({ QueueUrl: replies, ReceiptHandle: reply.ReceiptHandle });
      const parsed = parseReply(reply.Body ?? '', id);
      if (!parsed.success) throw parsed.error;
      return parsed.data;
    },
    async close() {
      await sqs.deleteQueue({ QueueUrl: replies });
      sqs.destroy();
    },
  };
}
