import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { brokerOfUrl, urlOfBroker } from '../../src/config/broker.js';
import { parseEndpoints } from '../../transports/amqp/endpoints.js';

const name = fc.string({ minLength: 1, unit: 'grapheme' });
const broker = fc.record({
  tls: fc.boolean(),
  host: fc.constantFrom('localhost', 'rabbit-1.example.com', '10.0.0.1', '::1'),
  port: fc.integer({ min: 1, max: 65_535 }),
  username: name,
  password: fc.string({ unit: 'grapheme' }),
});
const virtualHost = name.filter((text) => text !== '.' && text !== '..');

test.prop([broker, virtualHost])('the transport reads each URL as it was meant', (parts, at) => {
  expect(parseEndpoints(urlOfBroker(parts, at))).toEqual([{ ...parts, virtualHost: at }]);
});

test.prop([broker, virtualHost])('a URL says what it was made of', (parts, at) => {
  const { port, ...others } = brokerOfUrl(urlOfBroker(parts, at)) ?? {};
  expect({ ...others, port: port ?? parts.port }).toEqual({ ...parts, virtualHost: at });
});
