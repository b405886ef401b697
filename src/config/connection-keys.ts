import { z } from 'zod';
import { brokerOfUrl } from './broker.js';
import { flag, oneOf, text, textLike, texts, wholeNumber } from './fields.js';

const hostPattern = /^(?:[^\s:/@[\]]+|\[?[0-9a-fA-F]*:[0-9a-fA-F:.]+\]?)$/;
const hostAndPortPattern = /^(?:\[[0-9a-fA-F:.]+\]|[^\s:/@[\]]+)(?::\d{1,5})?$/;

const hostExpected = 'host or host:port';
const urlExpected =
  'a URL such as amqp://user:password@host:5672, without a query, reserved characters percent-encoded';

const tls = z
  .strictObject(
    {
      ca: text().describe('File with the certificates (PEM) of the authorities that may vouch for the broker.'),
      cert: text().describe("File with the client's certificate (PEM)."),
      key: text().describe("File with the client's key (PEM)."),
      passphrase: text().describe('Opens the key. A secret.'),
      servername: text().describe("The name the broker's certificate must carry; the host by default."),
      accept_unverified_on_loopback: flag().describe('Take any certificate from a broker on this machine.'),
    },
    { error: 'a mapping' },
  )
  .partial();

const replyRoute = oneOf(['default', 'request-exchange']);
export const exchangeType = oneOf(['direct', 'fanout', 'topic', 'headers']);

/** Who and where the broker is: under `server`, or under a virtual host, which wins. */
const brokerKeys = {
  host: textLike(hostPattern, 'the name or address of a host').describe("The broker's host; localhost by default."),
  port: wholeNumber(1, 65_535).describe('5672 by default, 5671 with ssl.'),
  username: text().describe('guest by default.'),
  password: text().describe('A secret: better as ${VARIABLE} or file:/path than in this file.'),
  ssl: flag().describe('Connect with TLS (amqps); false by default.'),
  url: textLike(/^amqps?:\/\//, urlExpected)
    .refine((url) => brokerOfUrl(url) !== undefined, { error: urlExpected })
    .describe('Instead of host, port, username, password and ssl: amqp://user:password@host:5672. A secret.'),
  hosts: z
    .array(textLike(hostAndPortPattern, hostExpected).refine(hasPossiblePort, { error: hostExpected }), {
      error: 'a list of hosts',
    })
    .describe('More brokers of the same cluster: host or host:port.'),
  tls: tls.describe('Certificates. Paths are relative to this file.'),
};

/** Options of the AMQP transport, in snake case. */
export const amqpKeys = {
  authentication: oneOf(['plain', 'external']).describe('external: by the client certificate. plain by default.'),
  app: textLike(/^[\w.-]{1,100}$/, "1 to 100 letters, digits, '.', '_' or '-'").describe(
    'Names this program in its connections and inboxes; samovar by default.',
  ),
  inbox: oneOf(['durable', 'exclusive']).describe(
    'durable (default): replies survive a reconnect. exclusive: they end with the connection.',
  ),
  max_body_bytes: wholeNumber().describe('The largest body in either direction; 1048576 by default.'),
  confirm_timeout_ms: wholeNumber().describe('A confirm that takes longer replaces the channel; 10000 by default.'),
  max_unconfirmed: wholeNumber().describe('Sends that may wait for their confirm; 1024 by default.'),
  max_waiting_sends: wholeNumber().describe('Sends that may wait to be written; 10000 by default.'),
  heartbeat_ms: wholeNumber().describe('A peer silent for twice as long is taken for dead; 10000 by default.'),
  wait_for_broker_ms: wholeNumber().describe('How long the first start waits for a broker; for ever by default.'),
  durable_exchanges: flag().describe('Declare exchanges as durable; false by default, as existing callers do.'),
  exchange_types: z
    .record(text(), exchangeType, { error: 'a mapping of actions to exchange types' })
    .describe('Exchange types of actions that are only called; those that are served have theirs under exchanges.'),
  queue_type: oneOf(['classic', 'quorum']).describe('Of the queues that workers declare; classic by default.'),
  reply_route: z
    .union([replyRoute, z.record(text(), replyRoute)], {
      error: 'one of default, request-exchange, or a mapping of addresses to them',
    })
    .describe('request-exchange: how existing consumers answer. One for all, or for single addresses.'),
  reply_to_allow: texts().describe('More reply queues to answer; * stands for any text.'),
  broker_ack_timeout_ms: wholeNumber().describe("The broker's consumer_timeout; 1800000 by default."),
};

export const connectionKeys = { ...brokerKeys, ...amqpKeys };

function hasPossiblePort(place: string): boolean {
  const port = Number(/:(\d+)$/.exec(place)?.[1] ?? 1);
  return port >= 1 && port <= 65_535;
}
