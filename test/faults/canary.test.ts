import { randomBytes, randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect } from 'amqplib';
import { createClient } from 'redis';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { createKeyring } from '../../src/secrets/keyring.js';
import { samovar } from '../cli/call-harness.js';
import { configurationFile, openBench, testFolder } from '../cli/worker/kit.js';
import { startOwnRedis } from '../support/redis.js';
import type { SamovarProcess } from '../support/samovar-process.js';

import { sharedRabbitmq, type SharedBroker } from '../support/shared-rabbitmq.js';

/** Where something was written, or could be read. */
type Place =
  /** Messages as the broker keeps them. */
  | 'broker'
  /** Replies, byte for byte. */
  | 'replies'
  /** Every command that Redis was ever given. */
  | 'redis'
  /** A worker's standard output and error, at level debug. */
  | 'worker'
  /** What `samovar call` and `samovar outcome` print, and the results of a batch. */
  | 'caller'
  /** What `samovar quarantine list | show` print. */
  | 'quarantine'
  /** `samovar status`: states, reasons and counters. */
  | 'health'
  /** What is printed by processes that cannot start, and by `samovar check-config`. */
  | 'start';

/**
 * What must not get about, and by design the only places where each may appear. One that is nowhere has an empty list.
 */
const places = {
  /** A field of the request by the name of a secret, though not declared as one: it travels as it was sent. */
  token: ['broker'],
  /** The same where it is what its action refuses. */
  refusedCookie: [],
  /** The same where it is what breaks the caller's JSON. */
  brokenToken: [],
  /** Any other field, beside those that the idempotency key and the locks are of. */
  note: ['broker', 'quarantine'],
  /** A header by the name of a secret. */
  header: ['broker'],
  /** What a handler throws is for whoever runs it, to be found by the id that the caller is told. */
  thrown: ['worker'],
  cause: ['worker'],
  /** The password of a connection URL in what a handler throws. */
  dsnPassword: [],
  /** What a handler returned in a response that its schema refuses. */
  returned: [],
  /** Encrypted on its way to the worker and back; what the handler throws has it, too. */
  password: [],
  /** The same where it is what its action refuses. */
  refusedPassword: [],
  /** The same of a request whose worker crashed, and that was set aside. */
  crashedPassword: [],
  /** What that one travels as. */
  crashedToken: ['broker'],
  /** A secret that somebody sent as it is: its action refuses it. */
  openPassword: [],
  /** Encrypted on its way to the worker, and told to its caller as it is, who did not say that he reads tokens. */
  toldPassword: ['replies'],
  /** What a handler answers is its caller's, and is kept for whoever repeats the call. */
  answer: ['broker', 'caller', 'quarantine', 'redis', 'replies'],
  brokerPassword: [],
  wrongBrokerPassword: [],
  redisPassword: [],
  wrongRedisPassword: [],
  fingerprintKey: [],
  fernetKey: [],
} satisfies Record<string, readonly Place[]>;

type Canary = keyof typeof places;

const handlers = fileURLToPath(new URL('canary-handlers.ts', import.meta.url));
const patience = { timeout: 30_000, interval: 100 };
const address = 'node-1';

let broker: SharedBroker;
beforeAll(async () => {
  broker = await sharedRabbitmq();
});

/** So short that no excerpt of a text around it cuts it, and of letters that no id has. */
function unique(): string {
  return Array.from(randomBytes(10), (byte) => 'ghijklmnopqrstuv'.charAt(byte % 16)).join('');
}

async function openScene() {
  const host = await broker.createVirtualHost();
  const user = await broker.createUser({ virtualHost: host.name });
  const canaries = {
    ...(Object.fromEntries(Object.keys(places).map((name) => [name, unique()])) as Record<Canary, string>),
    brokerPassword: user.password,
    fingerprintKey: unique() + unique(),
    fernetKey: randomBytes(32).toString('base64url'),
  };
  const keyring = createKeyring([canaries.fernetKey]);
  canaries.crashedToken = keyring.encrypt(canaries.crashedPassword);
  const redis = await startOwnRedis({ password: canaries.redisPassword });
  onTestFinished(() => redis.close());
  const bench = await openBench();
  const written = new Map<Place, string[]>();
  const running: [Place, SamovarProcess][] = [];

  function note(place: Place, ...texts: string[]): void {
    written.set(place, [...(written.get(place) ?? []), ...texts]);
  }

  return {
    ...{ canaries, redis, host, user, note },
    /** A secret as it travels. */
    sealed: (canary: Canary) => keyring.encrypt(canaries[canary]),
    /** In a process of its own. */
    start: (place: Place, ...args: string[]): SamovarProcess => {
      const child = bench.run(args);
      running.push([place, child]);
      return child;
    },
    /** In this process, which is many times faster. Resolves to its exit code. */
    async run(place: Place, ...args: string[]): Promise<number> {
      const { code, out, err } = await samovar(args, { env: { XDG_RUNTIME_DIR: bench.runtime } });
      note(place, ...out, ...err);
      return code;
    },
    config(credentials: { broker?: string; redis?: string } = {}): Promise<string> {
      const url = new URL(user.url);
      if (credentials.broker !== undefined) url.password = credentials.broker;
      const { thrown, cause, dsnPassword, returned, fingerprintKey, fernetKey, redisPassword } = canaries;
      const dsn = `postgres://app:${dsnPassword}@database/sites`;
      return configurationFile(
        { url: url.href },
        { [host.name]: { queue: address, fernet_key: fernetKey } },
        {
          log_level: 'debug',
          handlers: [{ use: handlers, settings: { thrown, cause, dsn, returned } }],
          redis: {
            url: redis.url.replace('//', `//:${credentials.redis ?? redisPassword}@`),
            namespace: randomUUID(),
            command_timeout_ms: 500,
          },
          idempotency: { fingerprint_key: fingerprintKey },
        },
      );
    },
    /** Where each canary was found. */
    found(): Record<string, Place[]> {
      for (const [place, { lines, stderr }] of running.splice(0)) note(place, ...lines, stderr);
      const silent = [...written].filter(([, texts]) => texts.join('').trim() === '').map(([place]) => place);
      expect({ silent, looked: written.size }).toEqual({ silent: [], looked: 8 });
      const found = (canary: string) =>
        [...written].flatMap(([place, texts]) => (texts.some((text) => text.includes(canary)) ? [place] : [])).sort();
      return Object.fromEntries(Object.entries(canaries).map(([name, canary]) => [name, found(canary)]));
    },
  };
}

type Scene = Awaited<ReturnType<typeof openScene>>;

interface ForeignOptions {
  readonly action?: string;
  readonly key?: string;
  /** Whether it reads tokens. */
  readonly reads?: boolean;
}

/** Another program on the wire: it sends what it likes, and reads replies and queues as they are. */
async function openForeigner({ host, note, canaries }: Scene) {
  const connection = await connect(host.url);
  onTestFinished(() => connection.close());
  const channel = await connection.createChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true });
  const waiting = new Map<string, () => void>();
  await channel.consume(
    queue,
    (raw) => {
      if (!raw) return;
      note('replies', JSON.stringify(raw.properties), raw.content.toString());
      waiting.get(String(raw.properties.correlationId))?.();
    },
    { noAck: true },
  );
  return {
    /** Resolves with the reply. */
    call: (body: object, { action = 'guard', key, reads = true }: ForeignOptions = {}) =>
      new Promise<void>((resolve) => {
        const correlationId = randomUUID();
        waiting.set(correlationId, resolve);
        channel.publish(action, address, Buffer.from(JSON.stringify(body)), {
          ...{ correlationId, replyTo: queue, messageId: correlationId },
          headers: {
            authorization: canaries.header,
            ...(key && { 'samovar-idempotency-key': key }),
            ...(reads && { 'samovar-secrets': '1' }),
          },
        });
      }),
    async read(name: string): Promise<void> {
      const reading = await connection.createChannel();
      for (let raw = await reading.get(name); raw; raw = await reading.get(name)) {
        note('broker', JSON.stringify(raw.properties), raw.content.toString());
      }
      // Puts back what was read.
      await reading.close();
    },
  };
}

async function overhearRedis({ redis, canaries, note }: Scene): Promise<void> {
  const monitor = createClient({ url: redis.url, password: canaries.redisPassword });
  monitor.on('error', () => undefined);
  await monitor.connect();
  onTestFinished(() => monitor.destroy());
  await monitor.monitor((line) => note('redis', line));
}

test('no secret gets anywhere but where it has to be', { timeout: 300_000 }, async () => {
  const scene = await openScene();
  const { canaries, sealed, start } = scene;
  const run = async (place: Place, exitCode: number, ...args: string[]) =>
    expect(await scene.run(place, ...args), args.join(' ')).toBe(exitCode);
  await overhearRedis(scene);
  const [config, wrongBroker, wrongRedis] = await Promise.all([
    scene.config(),
    scene.config({ broker: canaries.wrongBrokerPassword }),
    scene.config({ redis: canaries.wrongRedisPassword }),
  ]);
  const doomed = start('worker', 'worker', '--config', config);
  await doomed.waitForLog('ready');
  const foreigner = await openForeigner(scene);
  const crashed = foreigner.call({ password: canaries.crashedToken }, { action: 'vault' });
  await doomed.waitForLog('locked up');
  await doomed.kill9();
  // Waits until the crashed one has lost its claim, beside all that follows.
  const worker = start('worker', 'worker', '--config', config);
  await worker.waitForLog('ready');

  const { token, refusedCookie, brokenToken, note, answer, password, refusedPassword } = canaries;
  const request = (how: string, own: object = {}) => ({ how, order: 'o-1', token, note, say: answer, ...own });
  const refused = request('answer', { cookie: refusedCookie, password: refusedPassword + refusedPassword });
  const body = (how: string, own: object = {}) => ['--body', JSON.stringify(request(how, own))];
  const header = ['--header', `authorization=${canaries.header}`];
  const known = ['guard', '--config', config, '--to', address, ...header];
  const unknown = ['guard', '--url', scene.user.url, '--to', address, ...header];

  // On the wire.
  for (const how of ['answer', 'refuse', 'throw', 'mistake']) {
    const sent = () => request(how, { password: sealed('password') });
    await foreigner.call(sent());
    await foreigner.call(sent(), { key: how });
    await foreigner.call(sent(), { key: how });
    await foreigner.call(request(how, { password: sealed('toldPassword') }), { reads: false });
  }
  await foreigner.call(request('answer', { note: 'another', password: sealed('password') }), { key: 'answer' });
  await foreigner.call(request('answer', { cookie: refusedCookie }));
  await foreigner.call(request('answer', { password: canaries.openPassword }));

  // From the command line.
  const batch = join(await testFolder(), 'batch.ndjson');
  const results = `${batch}.results`;
  const lines = ['answer', 'refuse', 'throw', 'mistake'].map((how) =>
    JSON.stringify({ body: request(how, { password }) }),
  );
  const broken = `{"how":"answer","token":${brokenToken}}`;
  await writeFile(batch, [...lines, JSON.stringify({ body: refused }), `{"body":${broken}}`].join('\n'));
  await Promise.all([
    run('caller', 0, 'call', ...known, '--key', 'cli', ...body('answer', { password })),
    run('caller', 1, 'call', ...known, '--json', ...body('refuse', { password })),
    run('caller', 1, 'call', ...unknown, ...body('throw')),
    run('caller', 64, 'call', ...known, '--body', JSON.stringify(refused)),
    run('caller', 64, 'call', ...unknown, '--body', broken),
  ]);
  const waiting = () => worker.log.filter(({ msg }) => msg === 'waiting').length;
  const givenUp = start('caller', 'call', ...unknown, ...body('wait', { order: 'o-2' }));
  await expect.poll(waiting, patience).toBe(1);
  givenUp.kill('SIGINT');
  expect(await givenUp.exited).toMatchObject({ code: 130 });
  await Promise.all([
    run('caller', 75, 'call', ...unknown, '--timeout', '5s', ...body('wait', { order: 'o-3' })),
    run('caller', 1, 'call', ...known, '--batch', batch, '--results', results),
    run('caller', 0, 'outcome', 'guard', '--config', config, '--to', address, '--key', 'cli'),
    run('caller', 0, 'call', ...unknown, '--one-way', ...body('throw')),
  ]);
  scene.note('caller', await readFile(results, 'utf8'));

  // Set aside: what was thrown with nobody waiting, and what crashed.
  await crashed;
  const aside = () => worker.log.filter(({ disposition }) => disposition === 'quarantine');
  await expect.poll(aside, patience).toHaveLength(2);
  const lookAside = async () => {
    const place = ['--config', config, '--to', address];
    await run('quarantine', 0, 'quarantine', 'list', '--json', ...place);
    for (const { id } of aside()) await run('quarantine', 0, 'quarantine', 'show', String(id), ...place);
    await foreigner.read(`${address}.quarantine`);
  };

  // What looks at it, and what cannot start.
  await Promise.all([
    lookAside(),
    run('health', 0, 'status', '--json'),
    run('start', 0, 'check-config', '--config', config),
    start('start', 'worker', '--config', wrongBroker).exited.then(({ code }) => expect(code).toBe(78)),
    run('start', 78, 'call', 'guard', '--config', wrongBroker, '--to', address, ...body('answer')),
  ]);
  const isRed = async (...args: string[]) => (await scene.run('health', 'status', ...args)) === 1;
  const unsuited = start('worker', 'worker', '--config', wrongRedis);
  await unsuited.waitForLog(/^Redis cannot be reached/);
  await expect.poll(() => isRed(), patience).toBe(true);
  unsuited.kill('SIGTERM');
  await unsuited.exited;
  await scene.redis.kill9();
  await worker.waitForLog(/^Redis cannot be reached/);
  await run('caller', 69, 'call', ...known, '--key', 'away', ...body('answer'));
  await expect.poll(() => isRed('--json'), patience).toBe(true);
  worker.kill('SIGTERM');
  await worker.exited;

  expect(scene.found()).toEqual(places);
});
