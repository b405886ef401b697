import { amqpSettings, type AmqpTransportOptions } from './options.js';
import { createTransport, type AmqpTransport } from './transport.js';

export type {
  Quarantine,
  QuarantineDetail,
  QuarantineEntry,
  QuarantineList,
  QuarantineOptions,
  QuarantineReport,
  QuarantineSelection,
  RedriveOptions,
} from '../../src/core/quarantine.js';
export type { AmqpTlsOptions, AmqpTransportOptions, ExchangeType, ReplyRoute } from './options.js';
export { inspectAddresses, type AddressReport } from './inspect.js';
export type { DeclaredBinding, DeclaredExchange, DeclaredQueue, Declaration } from './plan.js';
export type { Permissions } from './rights.js';
export { openQuarantine, type AmqpQuarantineOptions } from './quarantine.js';
export { topologyOf, type RoleTopology, type TopologyAnswer, type TopologyQuestion } from './topology-of.js';
export type { AmqpTransport } from './transport.js';

/**
 * A transport over RabbitMQ 3.10 or later. It connects with its first use, once to publish and once to consume, and
 * comes back by itself; what can never work fails the first use with a TransportError `setup` that names the setting.
 * @throws TypeError naming an option that is wrong.
 */
export function createAmqpTransport(options: AmqpTransportOptions): AmqpTransport {
  return createTransport(amqpSettings(options));
}
