import { Consumer } from 'sqs-consumer';

/** sqs-consumer as its documentation shows it, with a batch handler and the largest batch. Resolves to what stops it. */
export function consume({ queueUrl, sqs, handle }) {
  const consumer = Consumer.create({
    queueUrl,
    sqs,
    suppressFifoWarning: true,
    batchSize: 10,
    waitTimeSeconds: 1,
    messageSystemAttributeNames: ['MessageGroupId'],
    handleMessageBatch: async (messages) => {
      await Promise.all(messages.map(handle));
      return messages;
    },
  });
  consumer.on('error', (error) => {
    throw error;
  });
  consumer.start();
  return () => consumer.stop();
}
