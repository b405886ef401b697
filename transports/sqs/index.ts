import { sqsSettings, type SqsTransportOptions } from './options.js';
import { createTransport, type SqsTransport } from './transport.js';

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
export type { SqsTransportOptions, UnknownActions } from './options.js';
export { openQuarantine, type SqsQuarantineOptions } from './quarantine.js';
export type { SqsTransport } from './transport.js';

/**
 * A transport over Amazon SQS, on one FIFO queue for each address. It makes its first call with its first use, waits for
 * SQS where that does not answer, and goes on by itself; what can never work fails the first use with a TransportError
 * `setup` that names the queue or the setting.
 * @throws TypeError naming an option that is wrong.
 */
export function createSqsTransport(options: SqsTransportOptions = {}): SqsTransport {
  return createTransport(sqsSettings(options));
}
