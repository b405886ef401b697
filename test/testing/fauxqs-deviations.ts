const oneOfAGroup = 'it hands out one message of a group at a time';
const noExpiry = 'a receipt stays good for ever';
const noReceipts = 'it answers yes to a receipt that it does not know';
const noAttempts = 'it ignores ReceiveRequestAttemptId';
const unchecked = 'it does not check what it is sent';

/** Where fauxqs 1.9.2 is not as strict as SQS. */
export const fauxqsDeviations: Readonly<Record<string, string>> = {
  'a receive takes several messages of one group, in order': oneOfAGroup,
  'a group stays locked until the last message of a receive is deleted': oneOfAGroup,
  'a message given back waits for those of its group that are in flight still': oneOfAGroup,
  'a FIFO queue with a delay delivers all of its messages that much later': oneOfAGroup,
  'of a batch, what can be sent is sent, in order, and the rest is named': oneOfAGroup,
  'without a deduplication id a message needs a queue that deduplicates by content': oneOfAGroup,
  'a receive of which one message was deleted is not repeated': oneOfAGroup,
  'a FIFO queue refuses a delete once the visibility timeout is over': noExpiry,
  'a FIFO queue refuses a delete by the receipt of an earlier receive': noExpiry,
  'a batch of deletes says which receipts were too late': noExpiry,
  'visibility 0 gives a message back at once, and ends its receipt on a FIFO queue': noExpiry,
  'a FIFO queue refuses to change a visibility timeout that is over': noExpiry,
  'a standard queue refuses to change a visibility timeout that is over': noExpiry,
  'nothing is hidden for more than 12 hours from its receive': 'it does not count how long a message is hidden',
  'what is no receipt is refused': noReceipts,
  'the receipt of another queue is refused': noReceipts,
  'a batch may change and delete what was received, each on its own': noReceipts,
  'a receive repeated under its attempt id gives the same messages and receipts': noAttempts,
  'repeating a receive starts its visibility timeout anew': noAttempts,
  'with the scope messageGroup it counts for its group only': 'it ignores DeduplicationScope',
  'high throughput needs deduplication by group': 'it ignores FifoThroughputLimit',
  'a standard queue takes no deduplication id': unchecked,
  'group and deduplication ids have at most 128 letters, digits and marks': unchecked,
  'a message has at most ten attributes': unchecked,
  'an attribute has a name, a type and a value that SQS knows': unchecked,
  'an attribute has no character that XML does not know': unchecked,
  'a batch that is empty, too long or unclear is refused as a whole': unchecked,
  'a FIFO queue, and no other, has a name that ends in .fifo': unchecked,
  'a name has at most 80 letters, digits, hyphens and underscores': unchecked,
  'attributes that SQS does not know, or values that it does not take, are refused': unchecked,
  'dead letters of a FIFO queue need a FIFO queue, and one that there is': unchecked,
  'characters that XML does not know are refused': 'it refuses characters beyond U+FFFD',
  'a receive gives the attributes it asks for, by name or by prefix, and no others': 'it gives all of them unasked',
  'a queue that is deleted cannot be created again at once': 'a name is free at once',
  'a queue is purged once in 60 s': 'it purges at any time',
  'queues are listed by their prefix, page by page': 'it has no pages',
  'a message received too often is moved to the dead letters as it is, and its group goes on':
    'it does not say where a dead letter comes from',
  'a queue of dead letters names its sources': 'it does not know ListDeadLetterSourceQueues',
};
