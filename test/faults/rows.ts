/** A test by its file and a part of its name. */
export type TestOf = readonly [file: string, name: string];

/** One thing that goes wrong, what is promised then, and what proves it. */
export interface Row {
  /** W: workers, C: callers, B: broker and network, S: SQS, I: input, L: locks and keys, O: overload. */
  readonly id: string;
  readonly done: string;
  readonly promised: string;
  readonly tests: readonly TestOf[];
  /** Why there is no test, or what the tests leave out. */
  readonly reason?: string;
}

const stages = 'test/faults/worker-stages.test.ts';
const underLoad = 'test/faults/under-load.test.ts';
const callers = 'test/faults/callers.test.ts';
const overload = 'test/faults/overload.test.ts';
const brokerFaults = 'test/faults/broker.test.ts';
const workerKilled = 'test/e2e/worker-killed.test.ts';
const brokerKilled = 'test/e2e/broker-killed.test.ts';
const table = 'test/e2e/failure-table.test.ts';
const badMessages = 'test/e2e/bad-messages.test.ts';
const conformance = 'test/conformance/amqp.test.ts';
const sqsStages = 'test/faults/sqs-worker-stages.test.ts';
const sqsDrain = 'test/faults/sqs-drain.test.ts';
const sqsPromises = 'test/faults/sqs-promises.test.ts';
const sqsReceiving = 'test/faults/sqs-receiving.test.ts';
const sqsWorker = 'test/cli/worker-sqs.test.ts';
const sqsConformance = 'test/conformance/sqs.test.ts';
const sqs = (file: string) => `test/transports/sqs/${file}.test.ts`;
const amqp = (file: string) => `test/transports/amqp/${file}.test.ts`;
const locks = 'test/stores/redis-conformance.test.ts';
const redisAway = 'test/stores/redis-away.test.ts';
const badMessage: TestOf = [badMessages, 'a thousand bad messages of every kind'];

const row = (id: string, done: string, promised: string, tests: readonly TestOf[], reason?: string): Row => ({
  ...{ id, done, promised, tests },
  ...(reason !== undefined && { reason }),
});

/** In the order of the table. */
export const rows: readonly Row[] = [
  row('W1', 'A worker is killed right after a request came', 'Another one runs it, once; the caller gets the value', [
    [stages, "'received', 'no key'"],
    [stages, "'received', 'park'"],
    [sqsStages, "'received', 'no key'"],
    [sqsStages, "'received', 'park'"],
  ]),
  row(
    'W2',
    'A worker is killed in the middle of a handler, no key',
    'It starts again elsewhere, which sees `redelivered`',
    [
      [stages, "'started', 'no key'"],
      [workerKilled, 'a worker killed in the middle of a call'],
      [sqsStages, "'started', 'no key'"],
      [sqsWorker, 'is taken over from when it is killed in the middle of a request'],
    ],
  ),
  row('W3', "The same, with a key and `onCrash: 'retry'`", 'It starts again once the claim has lapsed', [
    [stages, "'started', 'retry'"],
    [stages, "'claimed', 'retry'"],
    [sqsStages, "'started', 'retry'"],
    [sqsStages, "'claimed', 'retry'"],
  ]),
  row(
    'W4',
    "The same, with a key and `onCrash: 'park'`",
    'Not started again; the caller is told `crashed`, and it is set aside',
    [
      [stages, "'started', 'park'"],
      [stages, "'claimed', 'park'"],
      [sqsStages, "'started', 'park'"],
      [sqsStages, "'claimed', 'park'"],
    ],
  ),
  row('W5', 'A worker is killed between the effect and its record', 'retry: two effects; park: one, and `crashed`', [
    [stages, "'effect-done', 'retry'"],
    [stages, "'effect-done', 'park'"],
    [stages, "'effect-done', 'no key'"],
    [sqsStages, "'effect-done', 'retry'"],
    [sqsStages, "'effect-done', 'park'"],
    [sqsStages, "'effect-done', 'no key'"],
  ]),
  row('W6', 'A worker is killed after the record, before the reply', 'One effect; the recorded answer is given', [
    [stages, "'recorded', 'retry'"],
    [stages, "'unlocked', 'park'"],
    [sqsStages, "'recorded', 'retry'"],
    [sqsStages, "'unlocked', 'park'"],
  ]),
  row(
    'W7',
    'A worker is killed with its reply written, confirmed or its request acked',
    'The caller gets the first answer, once; with a key one effect',
    [
      [stages, "'reply-published', 'retry'"],
      [stages, "'reply-confirmed', 'park'"],
      [stages, "'acked', 'no key'"],
      [sqsStages, "'reply-published', 'retry'"],
      [sqsStages, "'reply-confirmed', 'park'"],
      [sqsStages, "'acked', 'no key'"],
    ],
  ),
  row('W8', 'SIGTERM while idle', 'Ends at once, with 0', [
    ['test/cli/worker-signals.test.ts', 'ends an idle worker in good order'],
    ['test/e2e/drain.test.ts', 'an idle server stops at once'],
    [sqsWorker, 'ends with 0 within its poll and 5 s when SIGTERM comes in mid poll'],
    [sqsDrain, 'a worker that stops in mid poll'],
  ]),
  row(
    'W9',
    'SIGTERM with 20 running and 200 prefetched, and again and again under load',
    'What runs is answered, what waits runs elsewhere, nothing twice',
    [
      [workerKilled, 'SIGTERM lets what runs end and be answered'],
      [underLoad, 'worker processes replaced one by one under load'],
      [sqsDrain, 'a worker stopped with 20 running and 200 held'],
      [sqsDrain, 'workers replaced fifty times under load'],
    ],
  ),
  row('W10', 'SIGTERM with a handler longer than the drain', 'Aborted, logged by id, exit code 1, run elsewhere', [
    [workerKilled, 'a run longer than the drain time is aborted'],
    [sqsDrain, 'a run that is longer than the drain is told to stop'],
  ]),
  row('W11', 'A second signal; a signal while it still connects or sets up', 'The first is enough, the second forces', [
    ['test/cli/worker-signals.test.ts', 'SIGTERM'],
    ['test/faults/fake-drain.test.ts', 'while it connects'],
    ['test/faults/fake-drain.test.ts', 'while it declares its topology'],
    ['test/faults/fake-drain.test.ts', 'while its inbox is being opened'],
    ['test/e2e/drain.test.ts', 'twice as well as once'],
    [sqsDrain, 'a worker that stops twice stops once'],
    [sqs('queues'), 'a start that still waits ends with its transport'],
  ]),
  row('W12', 'The broker is away during a drain', 'The drain ends within its limit', [
    ['test/e2e/drain.test.ts', 'a server stops while the broker is away'],
    ['test/faults/fake-drain.test.ts', 'a server that stops while it connects again'],
    [sqsDrain, 'a worker that stops while SQS is away'],
  ]),
  row(
    'W13',
    'A handler throws anything, answers what JSON has no form for, or never ends',
    'One reply, `internal` or `deadline_exceeded`, that leaks nothing',
    [
      [table, 'is internal, unknown, and tells nothing but an id'],
      [table, 'is internal, executed'],
      [table, "a handler's own timeoutMs is answered like a deadline"],
      ['test/e2e/drain.test.ts', 'a handler that ignores the end of the drain'],
    ],
  ),
  row(
    'W14',
    'A worker stands still past its lease, as one does whose event loop is blocked',
    'Its loss is noticed, its result not recorded',
    [
      [underLoad, 'a lock holder stopped past its lease'],
      [conformance, 'settling a delivery of the connection before a cut changes nothing'],
    ],
  ),
  row(
    'W15',
    'A request uses up the memory of each worker that runs it',
    '`poisoned` after its starts, set aside; what waited behind it runs once',
    [['test/faults/poison.test.ts', 'is set aside after its starts']],
  ),
  row('W16', 'An error in a timer of the user, outside every handler', 'Logged; the worker drains, and ends with 70', [
    ['test/cli/worker-signals.test.ts', 'as an exception ends the worker with 70'],
    ['test/cli/worker-signals.test.ts', 'as a rejection is logged'],
  ]),

  row('C1', 'The worker stands still until the caller has given up', '`deadline_exceeded`, unknown; never started', [
    [callers, 'a call that was given up while its worker stood still'],
  ]),
  row(
    'C2',
    'The deadline passes while the handler runs',
    '`deadline_exceeded`, unknown, at once; the late reply is dropped',
    [[table, 'a deadline that passes while the handler runs']],
  ),
  row(
    'C3',
    'Nobody serves the address, or the action there',
    '`unroutable`, not executed, in a round trip; nothing is queued',
    [
      ['test/e2e/speed.test.ts', 'fails as unroutable, not executed, within 50 ms'],
      [conformance, 'a send of an action that nobody answers there is unroutable'],
    ],
  ),
  row('C4', 'A queue without a consumer until after the deadline', 'Never started', [
    [table, 'a request that expires in the queue'],
  ]),
  row(
    'C5',
    'A caller dies after its request',
    'It runs; the reply to nobody is counted and dropped, and nothing is stuck',
    [[conformance, 'a reply to an inbox that is gone is unroutable'], badMessage],
    'That the broker removes the inbox after its five minutes is the broker’s own promise (`x-expires`), and not waited for.',
  ),
  row(
    'C6',
    'A caller is cut off with calls pending',
    'Durable inbox: every answer arrives after the reconnect; exclusive: told at once',
    [
      [amqp('inbox'), 'keeps the replies that come while its caller is cut off'],
      [amqp('inbox'), 'is lost with its connection'],
      [table, 'a confirmed call outlives a cut of both sides'],
    ],
  ),
  row(
    'C7',
    'A cut between a request and its confirm',
    'With a key sent again and done once; without never sent again',
    [
      [callers, 'is sent again with its key, and done once'],
      [callers, 'is not sent again without a key, and its answer arrives'],
      [callers, 'is not sent again and told as unknown'],
    ],
  ),
  row('C8', 'A reply overtakes the confirm of its request', 'It is the answer', [
    [callers, 'an answer that overtakes the confirm of its request'],
    ['test/faults/fake-confirms.test.ts', 'may come after the answer'],
    [conformance, 'or its send resolved, arrives'],
  ]),
  row('C9', 'A confirm never comes', 'Told as unknown; the channel is replaced', [
    [amqp('sending'), 'that is not confirmed in time'],
    ['test/faults/fake-confirms.test.ts', 'that never come are waited for'],
  ]),
  row('C10', 'The queue is full', '`rejected`, not executed, retryable', [
    [amqp('sending'), 'is rejected where the queue is full'],
    ['test/faults/fake-confirms.test.ts', 'that are refusals tell the caller so'],
  ]),
  row(
    'C11',
    'Replies of strangers, twice, late or to somebody else',
    'Dropped and counted; never another call’s answer',
    [
      [conformance, 'an inbox gets its own replies and no others'],
      ['test/e2e/wire-compat.test.ts', 'may answer twice: the first reply counts'],
    ],
  ),
  row('C12', 'A caller gives up before or after its request left', '`cancelled`, with the truth about the effect', [
    [table, 'a call that its caller gives up'],
    ['test/faults/cancel-users.test.ts', "the third one's cancel of a known id changes nothing"],
  ]),
  row('C13', '100,000 calls while the broker is away', 'Over the bound `busy` at once; the others work afterwards', [
    [callers, '100,000 calls while the broker is away'],
  ]),
  row('C14', 'Clocks differ', 'Two seconds are tolerated; more is told with the worker’s time', [
    ['test/e2e/defaults.test.ts', 'clocks may differ by 2 s'],
  ]),

  row(
    'B1',
    'The broker is killed under 200 calls a second and started after 5 s',
    'The same processes go on; every call is told the truth',
    [
      [brokerKilled, 'a broker killed under load and started again'],
      ['test/faults/recovery.test.ts', 'within two seconds after the port is back'],
    ],
  ),
  row('B2', 'An operator closes connections', 'Reconnected, with nothing left behind', [
    [amqp('outages'), 'closes connections as an operator asks'],
  ]),
  row('B3', 'All connections are closed again and again', 'Nothing is lost, no channel or listener left', [
    [amqp('outages'), 'again and again, with nothing left behind'],
  ]),
  row('B4', 'Connections are cut at a random byte, 20 times under load', 'Nothing lost, nothing twice', [
    [brokerFaults, 'connections cut at any byte'],
  ]),
  row('B5', 'Nothing reaches the broker any more', 'Noticed within two heartbeats', [
    [brokerKilled, 'a network that swallows everything'],
    ['test/faults/fake-silence.test.ts', 'answers nothing any more is noticed within two heartbeats'],
    [amqp('outages'), 'is noticed when nothing gets through any more'],
  ]),
  row('B6', 'Nothing comes from the broker any more', 'Noticed within two heartbeats', [
    [brokerKilled, 'a network that swallows everything'],
    ['test/faults/fake-silence.test.ts', 'answers nothing any more is noticed within two heartbeats'],
    [amqp('outages'), 'is noticed when nothing gets through any more'],
  ]),
  row('B7', 'The broker stands still for two heartbeats and goes on', 'Reconnected; with keys nothing runs twice', [
    [brokerFaults, 'a broker that stands still for two heartbeats'],
  ]),
  row('B8', 'Single bytes; half a second each way', 'Slow, and never taken for gone', [
    [brokerFaults, 'that passes single bytes'],
    [brokerFaults, 'that takes half a second each way'],
    [amqp('outages'), 'is not taken for gone when it is slow'],
  ]),
  row(
    'B9',
    'A link drops silently and comes back while the broker still holds the old connection',
    'Names of connections never clash',
    [
      [amqp('inbox'), 'that is gone after a reconnect tells so'],
      [brokerKilled, 'a network that swallows everything'],
    ],
  ),
  row(
    'B10',
    'A delivery of a channel that is gone is settled; the next channel has one of the same number',
    'That one is untouched',
    [[amqp('consuming'), 'never settles a delivery of one channel on the next']],
  ),
  row('B11', 'A delivery is settled twice, or after a close', 'Changes nothing, breaks nothing', [
    [conformance, 'settling after the transport closed changes nothing'],
  ]),
  row('B12', 'The queue is deleted under its consumer', 'Declared and consumed again; told where that is impossible', [
    [amqp('consuming'), 'consumes again after its queue was deleted'],
    [amqp('settling'), 'again and again, also while the consumer comes back'],
    [amqp('consuming'), 'is lost where its queue was replaced by one of another shape'],
  ]),
  row('B13', 'The exchange is deleted under its publisher', 'What was unconfirmed is told; the next one is routed', [
    [amqp('sending'), 'after its exchange was deleted'],
  ]),
  row(
    'B14',
    'Queue or exchange exist with another shape',
    'Adopted where that is safe, else the start fails and names the difference',
    [
      [amqp('setup'), 'is adopted where an exchange is durable'],
      [amqp('setup'), 'is adopted with a warning where a queue has other x-arguments'],
      [amqp('setup'), 'fails consuming where the queue is another connection’s alone'],
    ],
  ),
  row(
    'B15',
    'A wrong password, no such virtual host, a missing right',
    'The start fails and names the setting, never a password; no hot loop',
    [
      [amqp('setup'), 'a wrong password, which is nowhere shown'],
      [amqp('setup'), 'a virtual host that is not there'],
      [amqp('setup'), 'is not tried again at once'],
      ['test/e2e/permissions.test.ts', 'with one permission less'],
    ],
  ),
  row('B16', 'The broker is not there at the start', 'Waited for, as long as `waitForBrokerMs` says', [
    [amqp('setup'), 'is waited for as long as waitForBrokerMs says'],
  ]),
  row('B17', 'A memory alarm', 'Calls wait or fail as not executed, consuming goes on, nothing is lost', [
    [brokerKilled, 'calls under a memory alarm wait'],
    [amqp('outages'), 'is told as blocked'],
  ]),
  row('B18', 'A disk alarm during a memory alarm', 'Sending goes on only when both are over', [
    [brokerFaults, 'of two alarms at once'],
  ]),
  row('B19', 'SIGTERM during an alarm', 'Ends within its drain; what could not be answered is answered later', [
    [brokerFaults, 'a worker told to stop under an alarm'],
    [amqp('outages'), 'keeps nobody from closing'],
  ]),
  row(
    'B20',
    'The broker takes a delivery away that is not acked in time',
    'Start-up refuses handlers that may take so long; a late settle changes nothing',
    [
      ['test/core/promises.test.ts', 'options and handlers that cannot be right are refused at the start'],
      ['test/faults/ack-timeout.test.ts', 'a broker that waits less long for acks than was believed'],
      ['test/faults/fake-versions.test.ts', '4.3 cancels a consumer whose ack takes too long'],
      ['test/conformance/memory.test.ts', 'a delivery held for longer than maxHoldMs is taken away'],
    ],
  ),
  row('B21', 'A request that crashes its worker, with others prefetched', 'They are not set aside with it', [
    ['test/faults/poison.test.ts', 'what waited behind it runs once'],
  ]),
  row('B22', 'A message over the size limit', '`too_large` before it is sent', [
    [conformance, 'a body of one byte over the limit is too_large'],
  ]),
  row('B23', 'Headers and ids that AMQP cannot carry', 'Rejected, and the channel stays', [
    [amqp('sending'), 'headers of 80 KiB'],
    [amqp('deep-headers'), ''],
  ]),
  row(
    'B24',
    'A broker that speaks nonsense: junk, a frame of 4 GiB, frames nobody asked for, 541',
    'A failed connection, nothing more; memory stays flat',
    [
      ['test/faults/fake-nonsense.test.ts', 'has lost its connections and nothing else'],
      ['test/faults/fake-nonsense.test.ts', 'in place of letting a client in is tried again'],
      ['test/faults/fake-nonsense.test.ts', 'uses up no memory'],
      [amqp('dial'), ''],
    ],
  ),
  row('B25', 'Timeouts that are fractions, negative, not numbers or huge', 'Refused, or carried as an integer', [
    [amqp('sending'), 'however large or odd that time is'],
    [badMessages, 'an expiration that is none'],
  ]),
  row('B26', 'The quarantine is full or gone', 'Nothing is lost; health says why', [
    [amqp('retries'), 'that is full loses nothing'],
  ]),
  row('B27', 'A slow reader and a burst', 'Written as the socket takes it; all arrives', [
    [amqp('sending'), 'a burst of large bodies is written as the socket takes it'],
    [amqp('sending'), 'beyond the window of unconfirmed ones waits'],
  ]),
  row(
    'B28',
    'Many virtual hosts, all at once',
    'One process serves them, and all of them soon after a restart or a cut',
    [
      ['test/faults/many-virtual-hosts.test.ts', 'a restart, and a cut of all their connections at once'],
      ['test/cli/worker-virtual-hosts.test.ts', 'are all served, within 10 MiB of the memory of one'],
      ['test/cli/worker-many.test.ts', ''],
    ],
    'Forty, 200 in the full run, instead of a thousand: the broker of a test machine takes minutes to make so many.',
  ),
  row('B29', 'Certificates that are wrong, TLS spoken to a plain port', 'Refused, without falling back', [
    ['test/interop/tls.test.ts', 'the start fails at once, and names the setting, where'],
    [amqp('setup'), 'by TLS is refused, and not spoken to without it'],
  ]),
  row(
    'B30',
    'The leader of a quorum queue dies',
    'Nothing accepted is lost',
    [],
    'Needs a cluster of three brokers, more than one test machine holds beside the other tests; quorum queues themselves are tried on one node.',
  ),
  row('B31', 'The connected one of several hosts is gone', 'Another one is tried at once', [
    [amqp('setup'), 'of several, another one is tried at once'],
  ]),
  row('B32', 'The virtual host is still recovering', 'Waited for, also at the first start', [
    [amqp('setup'), 'that is still recovering its virtual host is waited for'],
  ]),

  row(
    'S1',
    'A worker is killed before, while or after it runs a message',
    'Another one gets it after the visibility timeout, and first of its group',
    [[sqsReceiving, 'it runs a message: another one gets it']],
  ),
  row(
    'S2',
    'A handler takes ten times the visibility timeout',
    'It runs once, renewed between a third and a half of it',
    [[sqs('leases'), 'a handler of ten times the visibility timeout runs once']],
  ),
  row('S3', 'Its renewals fail, in any way', 'The signal aborts before the visibility ends; nothing is deleted', [
    [sqs('leases'), 'aborts the signal before the visibility ends'],
    [sqs('leases'), 'three renewals that fail in a row are made up for'],
  ]),
  row(
    'S4',
    'A worker stands still past its leases, and another one takes over',
    'It settles nothing, its fence is refused; with a key one effect',
    [
      [sqsReceiving, 'a worker that stood still for longer than the visibility timeout settles nothing'],
      [sqsPromises, 'a worker that stood still for longer than its leases is fenced off'],
    ],
  ),
  row('S5', 'A delivery is held for nearly 12 h', 'Given up before SQS takes it away, and says why', [
    [sqs('leases'), 'a delivery that is held for nearly 12 h is given up'],
  ]),
  row('S6', 'Ten messages of a group come at once, and the first takes long', 'What waits is renewed with it', [
    [sqs('leases'), 'what waits behind the first of its group is renewed with it'],
  ]),
  row(
    'S7',
    'One message of a batch fails',
    'Those behind it in its group start after it, in order; other groups go on',
    [
      [sqs('groups'), 'a message that fails in a batch holds back those behind it'],
      [sqsReceiving, 'whichever message of a batch fails'],
    ],
  ),
  row('S8', 'Poison at the head of a group', 'Set aside after its attempts; no other group waits for it', [
    [sqsReceiving, 'poison at the head of a group is set aside'],
  ]),
  row('S9', 'The answer to a send is lost', 'Sent again under the same id: one message', [
    [sqs('sending'), 'is made again and arrives once'],
    [sqsPromises, 'a request whose send was not answered is sent again, and is one message'],
  ]),
  row('S10', 'The same, and its caller repeats it six minutes later', 'Two messages; with the key one effect', [
    [sqsPromises, 'a send repeated by its key six minutes later is another message, and no other effect'],
  ]),
  row('S11', 'A reply is lost, and its caller repeats the call within five minutes', 'The stored answer', [
    [sqsPromises, 'a call repeated by its key within five minutes, since its reply was lost, gets the stored answer'],
  ]),
  row('S12', 'The answer to a receive is lost', 'Made again under its id, it brings the same batch at once', [
    [sqs('poll'), 'is made again under its id, and brings the same batch at once'],
  ]),
  row(
    'S13',
    'A message makes each answer unreadable that has it in it',
    'The others come one by one; nothing is lost',
    [[sqs('poll'), 'what stays unreadable until its visibility ends is asked for anew, one message at a time']],
  ),
  row(
    'S14',
    'A delete fails, or its answer is lost',
    'Tried again while the message is ours; the next of its group waits for it',
    [
      [sqs('groups'), 'the next of a group does not start while the delete of the one before is in doubt'],
      [sqsReceiving, 'an answer to a delete that is lost does not make a message run again'],
      [sqs('settling'), 'a delete that is refused as late is given up and counted'],
    ],
  ),
  row('S15', 'Some deletes of a batch fail', 'Only those are tried again', [
    [sqs('settling'), 'entries of a batch that fail are deleted again, alone'],
  ]),
  row('S16', 'Half of all calls are throttled', 'Backoff, no hot loop, each message runs, in order', [
    [sqsReceiving, 'and each message still runs, in order'],
    [sqs('sending'), 'throttling makes no hot loop'],
  ]),
  row('S17', 'SQS is away for 30 s, or hangs', 'Calls are given up in time; it is used again by itself', [
    [sqsReceiving, 'an endpoint that is gone for 30 s'],
    [sqs('sdk-api'), 'a call that is not answered is given up in time'],
    [sqs('queues'), 'a start waits'],
  ]),
  row('S18', 'Credentials expire, and are renewed', 'Goes on without a restart', [
    [sqs('sending'), 'expired credentials are waited for'],
    [sqsReceiving, 'and each message still runs, in order'],
  ]),
  row('S19', 'SIGTERM in mid poll, with a message arriving', 'The poll returns; what it brought is visible at once', [
    [sqs('poll'), 'a poll is allowed to return when its consumer stops'],
    [sqsDrain, 'a worker that stops in mid poll'],
  ]),
  row(
    'S20',
    'A request for an action that nobody here knows',
    'Left to others until its deadline, or for 15 min, then set aside; or answered',
    [
      [sqs('unknown-actions'), 'a request for an action of somebody else is left to them'],
      [sqs('unknown-actions'), '15 min after it was sent'],
      [sqs('unknown-actions'), 'at its deadline, where it has one'],
      [sqs('unknown-actions'), "with unknownActions 'answer' it is received"],
      ['test/faults/sqs-sharing.test.ts', 'two services on one resource'],
      ['test/faults/sqs-sharing.test.ts', 'what neither of two services knows'],
    ],
  ),
  row('S21', 'Too many messages are in flight', 'SQS is not asked in a loop', [
    [sqs('poll'), 'where too many messages are in flight'],
  ]),
  row('S22', 'A backlog in one group', 'Counted: other groups may starve behind it', [
    [sqs('groups'), 'a batch that is all of one group is counted'],
    ['test/testing/sqs-limits.test.ts', 'sees no group behind a backlog'],
  ]),
  row('S23', 'The queue of a reply is gone', 'The reply is dropped and counted, the request deleted', [
    [sqsPromises, 'a reply whose queue was deleted is dropped and counted, and its request is deleted'],
    [sqs('inbox'), 'an inbox whose queue is deleted says so once'],
  ]),
  row(
    'S24',
    'Callers die and leave their reply queues',
    'Swept after an hour; never a live one, never somebody else’s',
    [
      [sqs('sweeper'), 'the reply queues of processes that died are deleted after an hour'],
      [sqs('sweeper'), 'a live one is never deleted'],
      [sqs('sweeper'), 'a foreign queue is never deleted'],
    ],
  ),
  row(
    'S25',
    'A queue was deleted just now, is created by two at once, or has other attributes',
    'Waited for, checked, or named',
    [
      [sqs('queues'), 'a queue that was deleted just now is created once SQS lets us'],
      [sqs('queues'), 'a create race is not lost: what the other created is checked'],
      [sqs('queues'), 'what there is already is checked and left as it is'],
    ],
  ),
  row(
    'S26',
    'Messages and batches at the size limit, and queues with a smaller one',
    'Measured as SQS measures, attributes included; `too_large` before it is sent',
    [
      [sqs('sending'), 'a message is measured as SQS measures it, attributes included'],
      [sqs('sending'), 'a batch stays under what SQS takes together'],
      [sqs('sending'), 'what a smaller queue does not take is too_large'],
      [sqsConformance, 'a body of exactly the limit arrives'],
    ],
  ),
  row(
    'S27',
    'Characters that SQS does not take, groups of any text and length',
    'Escaped or hashed, and the same when they arrive',
    [
      [sqs('wire'), 'any text of a body arrives'],
      [sqs('wire'), 'equal groups get equal ids, however they are spelled'],
      [sqsConformance, 'any text arrives unchanged in a body'],
    ],
  ),
  row(
    'S28',
    'A standard queue in the place of a FIFO queue, a wrong redrive, too short a visibility',
    'The start fails with 78, and names it',
    [
      [sqs('queues'), 'a standard queue in the place of a FIFO queue is named'],
      [sqsWorker, 'a standard queue where a FIFO queue is needed'],
      [sqsWorker, 'a redrive after three receives'],
      [sqsWorker, 'a visibility timeout that is too short'],
      [sqsWorker, 'no region'],
      [sqsWorker, 'no credentials'],
    ],
  ),
  row('S29', 'A message without our envelope', 'Set aside, and its group goes on', [
    [sqs('settling'), 'a message without our envelope is set aside, and its group goes on'],
  ]),
  row(
    'S30',
    'Everything that SQS promises and refuses, asked of the emulator itself',
    'As the documentation of SQS says',
    [['test/testing/sqs-checks.test.ts', '']],
    'On LocalStack or AWS too, where there is one. Where the other emulator, fauxqs, is laxer is listed with the reasons.',
  ),
  row(
    'S31',
    'A request names a URL, an ARN or somebody’s queue for its reply',
    'No socket is opened; counted, not run',
    [['test/e2e/sqs-strangers.test.ts', 'opens no socket, is counted, and is not run']],
  ),
  row(
    'S32',
    'Failures, crashes and lost answers by chance',
    'First starts in a group are in send order; what has a key takes effect once',
    [
      [
        'test/faults/sqs-histories.test.ts',
        'first starts in a group are in send order, and what has a key takes effect once',
      ],
      ['test/faults/sqs-schedules.test.ts', 'first starts in a group are in send order, one at a time'],
    ],
    'Eight histories and six schedules; the full run plays 200 of each.',
  ),

  row('I1', 'Bodies that are no JSON object, or no UTF-8', 'One answer each, never put back, others are served', [
    badMessage,
  ]),
  row('I2', 'Numbers and keys that JSON readers disagree about', 'Refused by the schema, or read as JSON.parse does', [
    badMessage,
  ]),
  row('I3', 'Nesting 100,000 levels deep', 'Refused before it is parsed', [badMessage]),
  row('I4', 'A request that its schema refuses', 'One `invalid_request` with every issue', [
    [table, 'is invalid_request, not executed, with every issue'],
    badMessage,
  ]),
  row('I5', 'Unknown actions, and names that are properties of every object', '`unknown_action`', [badMessage]),
  row('I6', '`__proto__` and `constructor` in bodies and headers', 'No handler sees them, nothing is polluted', [
    badMessage,
  ]),
  row('I7', 'A body over the limit', '`too_large`, not decoded', [badMessage]),
  row(
    'I8',
    'Very many keys, elements or characters',
    'Bounded by bytes',
    [[conformance, 'a body of exactly the limit arrives']],
    'The time that a schema takes is its author’s: a slow regular expression stays slow.',
  ),
  row('I9', 'Another content type, a compressed bomb', 'Refused, never unpacked', [badMessage]),
  row('I10', 'No reply address, no id, an id that is too long', 'Runs without a reply, or is refused', [
    badMessage,
    [amqp('arrival'), 'a request whose reply is for nobody'],
  ]),
  row('I11', 'A reply address that is gone', 'Counted; the request is acked, the channel lives', [badMessage]),
  row('I12', 'A reply address of a queue that is somebody’s', 'Refused before anything runs or is published', [
    badMessage,
    [amqp('consuming'), 'drops a request whose reply would go where it must not'],
  ]),
  row('I13', 'Forged replies', 'Dropped, or `invalid_reply`; ids cannot be guessed', [
    [conformance, 'a flood of replies arrives, each once'],
    [table, 'a reply that breaks the response schema'],
  ]),
  row('I14', 'Headers of wrong types', 'Taken as absent; nothing odd reaches a timer', [badMessage]),
  row('I15', 'Keys that are empty, long, or another caller’s', 'Refused; never answered with another caller’s reply', [
    badMessage,
    ['test/e2e/sharing.test.ts', 'two users of the broker with one idempotency key'],
  ]),
  row('I16', 'One key for two requests', '`key_mismatch`', [[table, 'a key used for another request is key_mismatch']]),
  row('I17', 'Line ends and terminal codes in every text', 'One log line each, escaped', [
    ['test/cli/log.test.ts', ''],
    badMessage,
  ]),
  row('I18', 'An answer that its own schema refuses', '`internal`; the value goes nowhere', [
    [table, 'is internal, executed'],
  ]),
  row('I19', 'Forged deaths, copies and priorities', 'Ignored', [
    badMessage,
    [amqp('arrival'), 'what somebody else sends is never believed to be a copy'],
  ]),
  row(
    'I20',
    'A request is recorded and sent again',
    'After its deadline it never starts; with its key it is answered from the record',
    [badMessage, [table, 'a second request with a running key']],
  ),

  row('L1', '200 duplicates at once on four processes', 'One execution, 200 equal answers', [
    [underLoad, '200 concurrent duplicates at four worker processes'],
  ]),
  row('L2', 'Two keys asked for in opposite orders', 'Never a deadlock', [
    [locks, 'two keys asked for in opposite orders'],
    ['test/stores/lock-properties.test.ts', 'however requests nest'],
  ]),
  row('L3', 'A holder is killed', 'The next one holds after its lease, with a larger fence', [
    ['test/stores/redis-processes.test.ts', 'what a killed process held'],
  ]),
  row(
    'L4',
    'A holder stands still past its lease',
    'Told when it wakes; its result is not recorded, its fence refused',
    [[underLoad, 'a lock holder stopped past its lease']],
  ),
  row(
    'L5',
    'Redis is away at any step, killed under load and back',
    'Who needs it is told not executed, retryable; who does not notices nothing',
    [
      [underLoad, 'Redis killed under load and started again'],
      [redisAway, 'killed and started again'],
      [redisAway, 'a holder that cannot renew is told'],
    ],
  ),
  row('L6', 'Redis loses its data', 'The holder is told; fences still rise', [
    [redisAway, 'a Redis that lost its data'],
  ]),
  row('L8', 'A lock is ended by who does not hold it any more', 'Its successor keeps it', [
    [locks, 'a stale holder cannot end the lock of its successor'],
  ]),
  row('L9', 'A line of waiters on one key', 'Over its bound `busy`; other keys flow', [
    ['test/faults/crowded-lock.test.ts', 'hold up no other key'],
    ['test/faults/pool-restarts.test.ts', 'five run at a time, never two of one pool'],
    ['test/e2e/defaults.test.ts', '240 requests may wait in all'],
    [table, 'one waiter too many for a lock is busy'],
    ['test/core/promises.test.ts', 'a free lock is granted however many wait'],
  ]),
  row('L10', 'The deadline passes in the line', 'Never started; the line closes up', [
    [table, 'a request whose deadline passes while it waits for a lock'],
  ]),
  row('L11', 'A great many keys', 'Idle ones are forgotten', [
    ['test/stores/memory-lock.test.ts', 'forgets a hundred thousand names'],
    [locks, 'an idle key leaves nothing behind'],
  ]),
  row('L12', 'Names of any text, long ones, ones that look alike', 'Told apart', [
    [locks, 'names are told apart, whatever their text'],
  ]),
  row('L13', 'A duplicate while the first one runs', 'Waits within its own deadline and gets that answer', [
    [table, 'a second request with a running key'],
    [locks, 'of 200 duplicates at once, from two processes'],
  ]),
  row('L14', 'A claim whose owner is dead, or alive', 'Taken over after the lease; kept as long as it takes', [
    [locks, 'a crashed run is abandoned after a lease'],
    [locks, 'a process that is alive keeps its claim'],
  ]),
  row(
    'L15',
    'The store is away when the answer is to be recorded',
    'Tried while the claim holds; never an answer without a record',
    [
      [redisAway, 'an answer that could not be recorded at first'],
      ['test/core/promises.test.ts', 'an answer that cannot be recorded'],
    ],
  ),
  row('L16', 'A handler fails, by a declared error or not', 'Declared ones are stored, others leave the key free', [
    ['test/e2e/calls.test.ts', 'a declared error is stored with its key, an internal one is not'],
  ]),
  row(
    'L17',
    'An answer expires before its request can come again',
    'Kept for 24 h; the start refuses less than a broker may hold a request',
    [
      ['test/faults/retention.test.ts', 'are refused at the start'],
      ['test/e2e/defaults.test.ts', 'answers are stored for 24 h'],
    ],
    'How long a request without a deadline waits in its queue is nowhere bounded, so no start can compare it.',
  ),
  row('L18', 'An answer that is too large to keep', 'Refused as too large, nothing of it is kept', [
    ['test/stores/redis-options.test.ts', 'an answer over the limit is refused'],
  ]),
  row('L19', 'Clocks jump', 'Leases run by the store’s clock and the monotonic one', [
    ['test/stores/memory-idempotency.test.ts', 'by the monotonic clock'],
    [locks, 'a holder that is alive keeps its lock'],
  ]),
  row('L20', 'A handler calls what needs its own lock', '`deadlock`, at once', [
    [table, "a nested call that needs its parent's lock"],
  ]),

  row(
    'O1',
    'Many more callers than a worker can serve',
    'What is over a bound fails fast, as many are served as ever, none for callers that have given up',
    [
      [overload, 'callers with a bound hear at once'],
      [overload, 'callers without a bound are served as many as ever'],
      [overload, 'a call whose deadline passes while it waits for a slot gets none'],
      ['test/e2e/sharing.test.ts', 'a worker flooded at the address of'],
      ['test/e2e/defaults.test.ts', '16 handlers run at once'],
    ],
    'Seconds of it; a minute and five in the full run.',
  ),
  row(
    'O2',
    'A random fault every few seconds, under load',
    'Nothing lost, nothing twice, everybody told the truth',
    [['test/faults/soak.test.ts', '']],
    'A minute of it, without Redis going away; the full run two, with it. `npm run soak -- --minutes 60` runs an hour.',
  ),
  row(
    'O3',
    'A great many calls',
    'Nothing pending, no timer, no listener is left, and the memory is flat',
    [
      ['test/faults/many-calls.test.ts', 'leave nothing pending, no timer, no listener'],
      ['test/e2e/calls.test.ts', 'a thousand calls at once'],
      ['test/transports/memory/broker.test.ts', 'a hundred thousand messages leave nothing behind'],
    ],
    'A million calls in the full run, 100,000 over AMQP.',
  ),
  row('O4', 'A slow handler with a large intake', 'Nothing starts after its deadline', [
    [table, 'a request whose deadline passes while it waits'],
  ]),
  row('O5', 'A flood of replies', 'Bounded; each arrives once', [[conformance, 'a flood of replies arrives']]),
  row(
    'O6',
    'Many callers reconnect at once',
    'With jitter, and nobody who is let in dials again',
    [['test/faults/reconnect-spread.test.ts', 'callers at once come back one after the other']],
    'A hundred of them, in one process.',
  ),
  row('O7', 'Random schedules of locks in virtual time', 'The promises hold in each', [
    ['test/stores/lock-properties.test.ts', 'at every moment exactly those hold'],
    ['test/stores/redis-lock-model.test.ts', 'Redis grants and refuses the same as memory does'],
  ]),
  row('O8', 'The same promises on every transport', 'One suite for all', [
    [conformance, ''],
    ['test/conformance/memory.test.ts', ''],
  ]),
  row(
    'O9',
    'A thousand requests are put off for random times',
    'Three retry queues at most; none holds up a shorter one',
    [
      ['test/faults/retry-queues.test.ts', 'holds up none of 30 s'],
      [table, 'RetryLater for longer than a run may take'],
    ],
  ),
];
