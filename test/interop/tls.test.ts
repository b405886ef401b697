import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { dxExample, handleDxExample } from '../../handlers/index.js';
import { createClient, startServer, systemRandom } from '../../src/index.js';
import { createAmqpTransport, type AmqpTlsOptions, type AmqpTransport } from '../../transports/amqp/index.js';
import { freePorts } from '../support/ports.js';
import { startOwnRabbitmq, type OwnBroker } from '../support/rabbitmq.js';
import { openCertificateFolder, type Authority, type Certificate, type CertificateFolder } from './certificates.js';
import { findPika } from './foreign-library.js';
import { startCaller } from './foreign-program.js';

let folder: CertificateFolder;
let ours: Authority;
let theirs: Authority;
let ourClient: Certificate;
let theirClient: Certificate;
let broker: OwnBroker;
let url: string;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  folder = await openCertificateFolder();
  [ours, theirs] = await Promise.all([folder.authority('ours'), folder.authority('theirs')]);
  const server = await ours.issue('broker', 'DNS:localhost');
  ourClient = await ours.issue('our-client', 'DNS:our-client');
  theirClient = await theirs.issue('their-client', 'DNS:their-client');
  const [port] = await freePorts(1);
  broker = await startOwnRabbitmq({
    config: {
      'listeners.ssl.default': `127.0.0.1:${port}`,
      'ssl_options.cacertfile': ours.certificateFile,
      'ssl_options.certfile': server.certificateFile,
      'ssl_options.keyfile': server.keyFile,
      // Whoever shows a certificate has to show one of this authority.
      'ssl_options.verify': 'verify_peer',
      'ssl_options.fail_if_no_peer_cert': false,
    },
  });
  url = `amqps://guest:guest@localhost:${port}`;
});
afterAll(async () => {
  await broker.close();
  await folder.remove();
});

let virtualHost: string;
beforeEach(async () => {
  virtualHost = (await broker.createVirtualHost()).name;
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function connect(tls: AmqpTlsOptions): AmqpTransport {
  const transport = createAmqpTransport({ url: `${url}/${virtualHost}`, tls });
  closing.push(() => transport.close());
  return transport;
}

async function serve(): Promise<void> {
  const handlers = [handleDxExample({ random: { ...systemRandom, unit: () => 0 } })];
  const server = await startServer({ transport: connect({ ca: ours.pem }), address: 'node-1', handlers });
  closing.push(() => server.stop());
}

async function call(tls: AmqpTlsOptions): Promise<unknown> {
  const client = createClient({ transport: connect(tls) });
  closing.push(() => client.close());
  return client.call(dxExample, { favourite_food: 'orange' }, { to: 'node-1' });
}

test('caller and worker reach a broker whose certificate is of an authority of our own', async () => {
  await serve();
  expect(await call({ ca: ours.pem })).toEqual({ tolerable: true });
  await broker.closeConnections(virtualHost);
  expect(await call({ ca: ours.pem })).toEqual({ tolerable: true });
});

test("a caller on Python's Pika is answered by TLS as it is without", async (context) => {
  const library = await findPika();
  if ('missing' in library) return context.skip(library.missing);
  await serve();
  const caller = await startCaller(library, 'caller.py', { url: `${url}/${virtualHost}`, ca: ours.certificateFile });
  closing.push(() => caller.close());
  await caller.declare(dxExample.name);
  const request = { exchange: dxExample.name, body: '{"favourite_food": "orange"}' };
  const [reply] = await caller.call('node-1', [request]);
  expect(reply?.body).toEqual({ success: true, message: 'Determined toleration', data: { tolerable: true } });
  await caller.send('node-1', [request]);
  expect(await caller.call('node-1', [{ ...request, reply_to: 'amq.rabbitmq.reply-to' }])).toEqual([reply]);
});

test('a client certificate of the authority that the broker trusts is shown and taken', async () => {
  await serve();
  expect(await call({ ca: ours.pem, cert: ourClient.pem, key: ourClient.key })).toEqual({ tolerable: true });
});

describe('the start fails at once, and names the setting, where', () => {
  test.each([
    ['nobody vouches for the broker', () => ({}), /prove itself by TLS.*tls\.ca/],
    ['the authority is another one', () => ({ ca: theirs.pem }), /prove itself by TLS.*tls\.ca/],
    [
      'the certificate has another name',
      () => ({ ca: ours.pem, servername: 'broker.example.org' }),
      /ERR_TLS_CERT_ALTNAME_INVALID/,
    ],
    [
      'the broker does not trust our certificate',
      () => ({ ca: ours.pem, cert: theirClient.pem, key: theirClient.key }),
      /refused us by TLS: .*ALERT_UNKNOWN_CA.*tls\.cert/,
    ],
  ])('%s', async (_, tls, message) => {
    await expect(connect(tls()).connect()).rejects.toMatchObject({
      code: 'setup',
      message: expect.stringMatching(message) as string,
    });
  });
});
