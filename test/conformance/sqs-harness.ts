import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { startFauxqs } from 'fauxqs';
import {
  createManualClock,
  createSeededRandom,
  createSqsEmulator,
  type QuarantinedMessage,
  type SqsRequestHandler,
  type TransportHarness,
} from '../../src/testing/index.js';
import { attributeNames } from '../../transports/sqs/envelope.js';
import { createSqsTransport, type SqsTransport, type SqsTransportOptions } from '../../transports/sqs/index.js';
import { namesOf } from '../../transports/sqs/names.js';
import { sqsSettings } from '../../transports/sqs/options.js';
import { createSdkApi } from '../../transports/sqs/sdk-api.js';
import { decode } from '../../transports/sqs/wire.js';

/** The transport takes its credentials from where the SDK finds them. */
process.env['AWS_ACCESS_KEY_ID'] ??= 'AKIATEST';
process.env['AWS_SECRET_ACCESS_KEY'] ??= 'secret';

const users = ['ann', 'bob'] as const;

/** The SQS transport on the strict emulator, in virtual time. */
export function createSqsHarness(options: SqsTransportOptions = {}): TransportHarness {
  const time = createManualClock();
  const random = createSeededRandom(1);
  const emulator = createSqsEmulator({ clock: time, random });
  const links = createLinks(emulator.requestHandler);
  const settings = {
    clock: time,
    random,
    region: emulator.region,
    endpoint: emulator.endpoint,
    // Twelve hours pass in one of the cases: fewer calls than with half a minute.
    visibilityTimeoutMs: 120_000,
    ...options,
  };
  const senderOf = (user: string): string => emulator.senderId(accessKeyOf(user)).split(':', 1)[0] ?? '';
  const [ann, bob] = users;
  const userOf = new Map(users.map((user) => [senderOf(user), user]));
  const connect = (user = senderOf(ann)) =>
    createSqsTransport({ ...settings, requestHandler: links.through(accessKeyOf(userOf.get(user) ?? user)) });
  return {
    name: 'sqs',
    traits: connect().traits,
    patienceMs: 180_000,
    leaseMs: sqsSettings(settings).visibilityTimeoutMs,
    users: [senderOf(ann), senderOf(bob)],
    time,
    connect: ({ user } = {}) => ready(connect(user)),
    freshAddress: () => `address-${randomUUID()}`,
    deadLetters: (address) => deadLetters({ ...settings, requestHandler: emulator.requestHandler }, address),
    cut: async () => links.cut(),
    // No message of SQS is lost with a machine of AWS: connections are.
    crashBroker: async () => links.cut(),
    destroy: () => emulator.close(),
  };
}

/** The SQS transport on fauxqs over HTTP, in real time. */
export async function createFauxqsHarness(): Promise<TransportHarness> {
  const server = await startFauxqs({ port: 0, logger: false });
  const place = { endpoint: `http://127.0.0.1:${server.port}`, region: 'eu-west-1' };
  return createRealTimeHarness('sqs on fauxqs', place, () => server.stop());
}

/** The SQS transport on what is reached over HTTP, in real time. */
export function createRealTimeHarness(
  name: string,
  place: { readonly endpoint: string; readonly region: string },
  destroy: () => Promise<void>,
): TransportHarness {
  const { endpoint, region } = place;
  // Long enough for a machine that is busy with other things: what is not renewed in time comes twice.
  const visibilityTimeoutMs = 10_000;
  const settings: SqsTransportOptions = { endpoint, region, pollMs: 1_000, visibilityTimeoutMs };
  // Nobody waits for twelve real hours: here nothing is ever taken away.
  const { maxHoldMs: _, ...traits } = createSqsTransport(settings).traits;
  return {
    ...{ name, traits, destroy },
    patienceMs: 60_000,
    leaseMs: visibilityTimeoutMs,
    connect: () => ready(createSqsTransport(settings)),
    freshAddress: () => `address-${randomUUID()}`,
    deadLetters: (address) => deadLetters(settings, address),
  };
}

/** It is, once SQS has answered anything. */
async function ready(transport: SqsTransport): Promise<SqsTransport> {
  const nothing = { id: 'nothing', body: '', headers: {} };
  await assert.rejects(transport.send('nobody', nothing), { code: 'unroutable' });
  return transport;
}

function accessKeyOf(user: string): string {
  return `AKIA${user.toUpperCase()}`;
}

/** Connections that carry calls under an access key of their own, and that can be cut. */
function createLinks(emulator: SqsRequestHandler): { through(accessKeyId: string): SqsRequestHandler; cut(): void } {
  const underWay = new Set<(error: Error) => void>();

  async function handle(accessKeyId: string, ...[request, options]: Parameters<SqsRequestHandler['handle']>) {
    const authorization = request.headers['authorization']?.replace(/Credential=[^/]+/, `Credential=${accessKeyId}`);
    const headers = { ...request.headers, ...(authorization !== undefined && { authorization }) };
    let onCut: (error: Error) => void = () => undefined;
    const cut = new Promise<never>((_, reject) => (onCut = reject));
    underWay.add(onCut);
    try {
      return await Promise.race([emulator.handle({ ...request, headers }, options), cut]);
    } finally {
      underWay.delete(onCut);
    }
  }

  return {
    through: (accessKeyId) => ({ ...emulator, handle: (request, options) => handle(accessKeyId, request, options) }),
    cut() {
      for (const end of underWay) end(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }));
    },
  };
}

/** Looked at without being taken. */
async function deadLetters(options: SqsTransportOptions, address: string): Promise<readonly QuarantinedMessage[]> {
  const settings = sqsSettings(options);
  const names = namesOf(settings);
  const api = createSdkApi(settings);
  try {
    const url = await api.queueUrl(names.deadLetters(address) ?? '');
    if (url === undefined) return [];
    const letters = await api.receive(url, { max: 10, waitMs: 0, visibilityMs: 0 });
    const rules = { maxBodyBytes: settings.maxBodyBytes, believes: new Set<string>(), isInbox: names.isInbox };
    return letters.flatMap((letter) => {
      const reading = decode(letter, address, rules);
      if (reading.kind !== 'request') return [];
      return [{ reason: letter.attributes[attributeNames.reason] ?? '', message: reading.message }];
    });
  } finally {
    api.close();
  }
}
