import { gzipSync } from 'node:zlib';
import type { Options } from 'amqplib';

/** What becomes of a message: a code its caller is told, or else. */
export type Fate =
  | 'invalid_request'
  | 'too_large'
  | 'unknown_action'
  | 'deadline_exceeded'
  /** It is odd, but right: it runs and is answered. */
  | 'runs'
  /** It runs, and nobody hears of it. */
  | 'runs unheard'
  /** It can neither run nor be answered. */
  | 'ends unheard'
  /** It asks for its reply where nobody may be answered: it does not run. */
  | 'is dropped';

/** Also without what there otherwise is. */
type Odd<T> = { readonly [K in keyof T]: T[K] | undefined };

export interface BadMessage {
  readonly name: string;
  readonly fate: Fate;
  readonly content: Buffer;
  readonly properties: Odd<Options.Publish>;
  /** Through the action's exchange, the default exchange or the one of the address. */
  readonly way: 'action' | 'default' | 'address';
}

const good = '{"subject":"odd"}';

function message(fate: Fate, name: string, content: string | Buffer, rest: Partial<BadMessage> = {}): BadMessage {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return { name, fate, content: bytes, properties: {}, way: 'action', ...rest };
}

const bodies = (fate: Fate, contents: Readonly<Record<string, string | Buffer>>): BadMessage[] =>
  Object.entries(contents).map(([name, content]) => message(fate, `body: ${name}`, content));

/** Good bodies with odd properties. */
const properties = (fate: Fate, kind: string, each: Readonly<Record<string, object>>): BadMessage[] =>
  Object.entries(each).map(([name, value]) => message(fate, `${kind}: ${name}`, good, { properties: value }));

const headers = (fate: Fate, kind: string, each: Readonly<Record<string, object>>): BadMessage[] =>
  properties(fate, kind, Object.fromEntries(Object.entries(each).map(([name, value]) => [name, { headers: value }])));

const nested = (depth: number, open: string, close: string) =>
  `{"subject":"x","tags":{"deep":${open.repeat(depth)}1${close.repeat(depth)}}}`;

/** Every kind of message that must not hurt the worker of `work` at `address`. */
export function badMessages(address: string): BadMessage[] {
  return [
    ...bodies('invalid_request', {
      nothing: '',
      blank: ' \n\t ',
      'an empty array': '[]',
      'an array': `[${good}]`,
      'a number': '1',
      null: 'null',
      'a text': '"x"',
      'a truth': 'true',
      'cut off': '{"subject":"x"',
      'cut off in a text': '{"subject":"x',
      'garbage behind': `${good} x`,
      'two in one': `${good}${good}`,
      'a byte order mark': `\uFEFF${good}`,
      'UTF-16 with a mark': Buffer.from(`\uFEFF${good}`, 'utf16le'),
      'UTF-16': Buffer.from(good, 'utf16le'),
      'invalid UTF-8': Buffer.concat([Buffer.from('{"subject":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]),
      'overlong UTF-8': Buffer.concat([Buffer.from('{"subject":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')]),
      'half a character': Buffer.concat([Buffer.from('{"subject":"'), Buffer.from([0xed, 0xa0, 0x80, 0x22, 0x7d])]),
      zeros: Buffer.alloc(1_000),
      'single quotes': "{'subject':'x'}",
      'a comment': `${good} // x`,
      NaN: '{"subject":"x","ms":NaN}',
      infinite: '{"subject":"x","ms":1e999}',
      negative: '{"subject":"x","ms":-1}',
      'a wrong type': '{"subject":1}',
      'another wrong type': '{"subject":["x"],"ms":"1","holds":null}',
      'a field missing': '{}',
      'a field null': '{"subject":null}',
      'fields in __proto__': `{"__proto__":${good}}`,
      'fields in constructor': '{"constructor":{"prototype":{"polluted":true,"subject":"x"}}}',
      'depth 65': nested(65, '[', ']'),
      'depth 5,000': nested(5_000, '[', ']'),
      'depth 5,000 of objects': nested(5_000, '{"a":', '}'),
      'depth 100,000': nested(100_000, '[', ']'),
      'depth 100,000, never closed': '['.repeat(100_000),
    }),
    ...bodies('too_large', { 'over 1 MiB': Buffer.alloc(1024 * 1024 + 1, 0x20) }),
    ...bodies('runs', {
      'a __proto__ beside': '{"subject":"odd","__proto__":{"polluted":true}}',
      'a constructor beside': '{"subject":"odd","constructor":{"prototype":{"polluted":true}}}',
      'a __proto__ in a field':
        '{"subject":"odd","tags":{"__proto__":{"polluted":true},"a":{"__proto__":{"polluted":true}}}}',
      'a key twice': '{"subject":"first","subject":"odd"}',
      'minus nothing': '{"subject":"odd","ms":-0}',
      'a large integer': '{"subject":"odd","tags":{"n":9007199254740993}}',
      'line separators': '{"subject":"odd\u2028\u2029"}',
      'control characters': '{"subject":"odd\\u0000\\u001b[31m\\n"}',
      'half a surrogate': '{"subject":"odd\\ud800"}',
      'depth 60': nested(60, '[', ']').replace('"x"', '"odd"'),
    }),
    ...properties('invalid_request', 'content type', {
      'plain text': { contentType: 'text/plain' },
      'another JSON': { contentType: 'application/jsonx' },
      'not one': { contentType: '\u0000' },
    }),
    ...properties('invalid_request', 'content encoding', {
      gzip: { contentEncoding: 'gzip' },
      identity: { contentEncoding: 'identity' },
    }),
    message('invalid_request', 'content encoding: a bomb', gzipSync(Buffer.alloc(10 * 1024 * 1024)), {
      properties: { contentEncoding: 'gzip', contentType: 'application/json' },
    }),
    ...properties('runs', 'content type', { 'in capitals': { contentType: 'APPLICATION/JSON; charset=utf-8' } }),
    ...['nobody_does_this', '__proto__', 'constructor', 'toString', 'x'.repeat(255), 'a\nb', ''].flatMap((type) =>
      (['default', 'address'] as const).map((way) =>
        message('unknown_action', `action: ${way} ${type.slice(0, 20)}`, good, { way, properties: { type } }),
      ),
    ),
    message('runs', 'action: by its type', good, { way: 'default', properties: { type: 'work' } }),
    message('runs', 'action: another one by its type', good, { properties: { type: 'constructor' } }),
    ...properties('runs unheard', 'reply_to', {
      missing: { replyTo: undefined },
      'a queue that is gone': { replyTo: 'amq.gen-JzTY20BRgKO-HjmUJj0wLg' },
      'an inbox that is gone': { replyTo: 'samovar.inbox.gone.1' },
    }),
    message('ends unheard', 'reply_to: missing, body broken', '{', { properties: { replyTo: undefined } }),
    message('ends unheard', 'reply_to: missing, action unknown', good, {
      way: 'default',
      properties: { replyTo: undefined, type: 'nobody_does_this' },
    }),
    ...properties('is dropped', 'reply_to', {
      "the worker's own queue": { replyTo: address },
      'its quarantine': { replyTo: `${address}.quarantine` },
      'its retries': { replyTo: `${address}.retry.30s` },
      "another one's quarantine": { replyTo: 'elsewhere.quarantine' },
      'the firehose': { replyTo: 'amq.rabbitmq.trace' },
      'some queue': { replyTo: 'payments' },
      'its exchange': { replyTo: `samovar.${address}` },
      'an exchange smuggled in': { replyTo: '\u0001work\u0001node-1' },
      'an exchange smuggled into an inbox': { replyTo: 'samovar.inbox.\u0001work\u0001' },
      'a URL': { replyTo: 'http://127.0.0.1:9/evil' },
    }),
    ...headers('runs', 'deadline', {
      'a text': { 'samovar-deadline': 'soon' },
      'an array': { 'samovar-deadline': [1, 2] },
      'a table': { 'samovar-deadline': { at: 1 } },
      negative: { 'samovar-deadline': -1 },
      'a negative text': { 'samovar-deadline': '-1' },
      huge: { 'samovar-deadline': 1e300 },
      'a huge text': { 'samovar-deadline': '9'.repeat(400) },
      'a fraction': { 'samovar-deadline': 0.5 },
      true: { 'samovar-deadline': true },
      nothing: { 'samovar-deadline': null },
    }),
    ...headers('deadline_exceeded', 'deadline', { past: { 'samovar-deadline': '1' } }),
    ...headers('invalid_request', 'idempotency key', {
      empty: { 'samovar-idempotency-key': '' },
      '10 KB': { 'samovar-idempotency-key': 'k'.repeat(10_240) },
      '256 characters': { 'samovar-idempotency-key': 'k'.repeat(256) },
      'control characters': { 'samovar-idempotency-key': 'a\u0000b\n' },
      'not ASCII': { 'samovar-idempotency-key': 'clé' },
    }),
    ...headers('runs', 'idempotency key', {
      'an array': { 'samovar-idempotency-key': ['k'] },
      'a table': { 'samovar-idempotency-key': { k: 1 } },
    }),
    ...headers('runs', 'headers', {
      'ancestors no text': { 'samovar-ancestors': [1, { a: 1 }] },
      'ancestors not encoded': { 'samovar-ancestors': '%%%,%E0%A4%A' },
      'ancestors of 10 KB': { 'samovar-ancestors': 'a,'.repeat(5_000) },
      'a group no text': { 'samovar-group': { a: 1 } },
      'attempts negative': { 'samovar-attempts': -1 },
      'attempts huge': { 'samovar-attempts': 1e300 },
      'another sender': { 'samovar-sender': 'root', 'samovar-attempts': '0' },
      'somebody else': { 'samovar-on-behalf-of': 'root' },
      'one unknown': { 'samovar-unheard-of': 'x' },
      'trace context broken': { traceparent: '\u001b[31m', tracestate: ['x'] },
      prototypes: JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}') as object,
      'forged deaths': {
        'x-death': [{ count: 1e9, reason: 'expired', queue: address, 'routing-keys': [address] }],
        'x-first-death-queue': address,
        'x-delivery-count': 1e9,
      },
      'copies to the same queue': { CC: [address], BCC: [address] },
    }),
    message('runs', 'headers: a forged copy', good, {
      way: 'address',
      properties: {
        type: 'work',
        headers: { 'samovar-attempts': '99', 'samovar-sender': 'root', 'samovar-exchange': 'constructor' },
      },
    }),
    ...properties('runs', 'properties', {
      'the highest priority': { priority: 255 },
      'the longest expiration': { expiration: '4294967295' },
      'no time at all': { timestamp: 0 },
      'a huge time': { timestamp: 2 ** 53 - 1 },
      'an id that is a prototype': { messageId: '__proto__' },
      'an id that is code for a terminal': { messageId: '\u001b[2J\n%s%n' },
      'a program that is a prototype': { appId: 'constructor' },
      'the right user': { userId: 'guest' },
    }),
  ];
}

/** As a broker encodes the process that waits for a direct reply: a version, NEW_PID_EXT, its node, id, serial, creation. */
function processAt(node: string): string {
  const start = Buffer.from([131, 88, 119, node.length]);
  return Buffer.concat([start, Buffer.from(node), Buffer.from([0, 0, 2, 251, 0, 0, 0, 0, 1, 2, 3, 4])]).toString(
    'base64',
  );
}

const key = 'AAAAAAAAAAAAAAAAAAAAAA==';

/** Names that no broker has given to anybody. RabbitMQ 3.10 ends the connection of whoever publishes to most of them. */
export const forgedDirectReplyTo: readonly string[] = [
  'garbage',
  'AAAA.BBBB',
  `${processAt('nobody@nowhere')}.${key}`,
  `${processAt('reply@1')}.${key}`,
].map((name) => `amq.rabbitmq.reply-to.${name}`);
