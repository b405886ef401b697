import { z } from 'zod';
import { connectionKeys, exchangeType } from './connection-keys.js';
import { flag, oneOf, text, textLike, texts, wholeNumber } from './fields.js';
import { sqsKeys } from './sqs-keys.js';
import { idempotency, ownStoreKeys, redis } from './store-keys.js';

const fernetKey = textLike(/^[\w-]{43}=?$/, 'a Fernet key: 32 bytes as base64url').describe('A secret.');

const handlerReference = z.union(
  [
    text(),
    z.strictObject({
      use: text().describe('A package, or a path relative to this file that starts with . or /.'),
      settings: z.unknown().optional().describe('What the module is set up with; checked by its own schema.'),
    }),
  ],
  { error: 'a package, a path, or a mapping with use and settings' },
);

const handlers = z
  .union([z.literal('auto'), text(), z.array(handlerReference)], {
    error: 'auto, a package or path, or a list of them',
  })
  .describe('Handler modules: packages, or paths relative to this file; auto: the installed packages that offer some.');

const allow = texts().describe('Callers that are let in, such as ops-*; anonymous: those without an identity.');
const mock = flag().describe('Answer with generated replies, and run no handler; false by default.');

const actionKeys = {
  allow,
  concurrency: wholeNumber().describe("Runs of this action at once; wins over the handler's own."),
  timeout_ms: wholeNumber().describe("How long a run may take; wins over the handler's own."),
};
const action = z.strictObject(actionKeys, { error: 'a mapping such as {concurrency: 1}' }).partial().nullable();
const exchange = z
  .strictObject(
    { type: exchangeType.describe('direct by default.'), ...actionKeys },
    { error: 'a mapping such as {type: direct}' },
  )
  .partial()
  .nullable();

function answered<T extends z.ZodType>(one: T) {
  return z
    .record(text(), one, { error: 'a mapping of actions' })
    .nullable()
    .describe('The actions that are answered; left out: all that there are handlers for.');
}

/** Options of startServer, in snake case. */
export const limitKeys = {
  max_waiting: wholeNumber(17).describe('Requests held beside those that run, per address; 256 by default.'),
  max_waiting_per_key: wholeNumber().describe('Requests that wait for one lock; 128 by default.'),
  lock_wait_ms: wholeNumber().describe('How long a request waits for its locks at most; 600000 by default.'),
  max_starts: wholeNumber().describe('Starts of one request that may end with a crash; 5 by default.'),
  clock_skew_ms: wholeNumber(0).describe("How far callers' clocks may be off; 2000 by default."),
  drain_ms: wholeNumber(0).describe('How long running handlers may go on when the worker stops; 25000 by default.'),
};

/** What one worker does, whatever carries its requests. */
const workerKeys = {
  max_simultaneous_requests: wholeNumber().describe('Handlers that run at once; 16 by default.'),
  ...limitKeys,
  fernet_key: fernetKey.nullable().describe('Key of encrypted fields: 32 bytes as base64url. A secret.'),
  fernet_keys: z
    .array(fernetKey, { error: 'a list of Fernet keys' })
    .describe('Instead of fernet_key: the first encrypts, all decrypt. Secrets.'),
  allow_plain_secrets: flag().describe('Take secrets that are not encrypted, from existing callers; false by default.'),
  secret_names: texts().describe('Names of fields that must be secrets, instead of the usual ones.'),
  allow_missing_handlers: flag().describe('Start without a handler for a listed action; false by default.'),
  allow,
};

const virtualHost = z
  .strictObject(
    {
      queue: text().describe('The node address, which is the name of its queue; the hostname by default.'),
      also: texts().describe('More addresses that this worker serves.'),
      exchanges: answered(exchange),
      ...workerKeys,
      mock,
      handlers,
      ...ownStoreKeys,
      ...connectionKeys,
    },
    { error: 'a mapping' },
  )
  .partial()
  .nullable();

const sqs = z
  .strictObject(
    {
      resources: z
        .array(text(), { error: 'a list of resources' })
        .min(1, { error: 'at least one resource' })
        .describe('The shared resources whose requests are done here: each has a queue, <prefix><resource>.fifo.'),
      actions: answered(action),
      ...sqsKeys,
      ...workerKeys,
    },
    { error: 'a mapping with resources' },
  )
  .partial()
  .describe('With transport: sqs, instead of server and virtual_hosts.');

const ignored = (what: string) => z.unknown().describe(`${what} Accepted for existing files, and ignored.`);

/** Keys of existing consumers that mean nothing here. */
export const ignoredKeys = {
  log_server: ignored('A log server of the Python consumer.'),
  default_user: ignored('The user of a Python consumer.'),
  resources: ignored("Limits of a Python consumer's systemd unit."),
};

/** The configuration file. */
export const fileSchema = z
  .strictObject(
    {
      server: z
        .strictObject({ ...connectionKeys }, { error: 'a mapping' })
        .partial()
        .describe('The broker. Each of these keys may stand under a virtual host, and wins there.'),
      handlers,
      transport: oneOf(['amqp', 'sqs', 'memory']).describe('amqp by default.'),
      sqs,
      redis,
      idempotency,
      mock,
      log_level: oneOf(['debug', 'info', 'warn', 'error']).describe('info by default.'),
      ...ignoredKeys,
    },
    { error: 'a mapping with server and virtual_hosts' },
  )
  .partial()
  .extend({
    virtual_hosts: z
      .record(text(), virtualHost, { error: 'a mapping of virtual hosts' })
      .refine((hosts) => Object.keys(hosts).length > 0, { error: 'at least one virtual host' })
      .optional()
      .describe('What is served, by the name of the virtual host. Left out only with transport: sqs.'),
  });

export type FileContent = z.infer<typeof fileSchema>;
export type FileVirtualHost = NonNullable<NonNullable<FileContent['virtual_hosts']>[string]>;
export type FileSqs = NonNullable<FileContent['sqs']>;
export type FileHandlers = NonNullable<FileContent['handlers']>;
export type ConnectionContent = NonNullable<FileContent['server']>;
