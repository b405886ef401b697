import { TransportError } from '../../src/core/transport.js';
import { placeOf, type Endpoint } from './endpoints.js';
import { brokerTextOf, replyCodeOf, replyCodes, setupError } from './errors.js';
import type { AmqpSettings } from './options.js';

/** Why a broker does not let us in, with the setting to look at; never with a password. */
export function explainDenial(error: unknown, endpoint: Endpoint, settings: AmqpSettings): TransportError {
  if (error instanceof TransportError) return error;
  const text = brokerTextOf(error);
  const place = placeOf(endpoint);
  const user = JSON.stringify(endpoint.username);
  const virtualHost = JSON.stringify(endpoint.virtualHost);
  const code = replyCodeOf(error);
  if (code === undefined) {
    // The code alone: what OpenSSL says has several lines.
    const why = error instanceof Error && 'code' in error ? String(error.code) : text;
    // An alert is what the other side has against us.
    if (why.includes('_ALERT_')) {
      return setupError(`${place} refused us by TLS: ${why}. Look at tls.cert and tls.key`, error);
    }
    return setupError(
      `expected ${place} to prove itself by TLS, got ${why}. Look at url (amqps://, host) and tls.ca`,
      error,
    );
  }
  if (code === replyCodes.accessRefused && !text.includes('vhost')) {
    const what = settings.authentication === 'external' ? 'the certificate in tls.cert' : `user ${user}`;
    return setupError(`${place} refused ${what}: ${text}. Look at the user and password in url`, error);
  }
  return setupError(
    `${place} refused virtual host ${virtualHost} to user ${user}: ${text}. Look at the path of url, and at the user's permissions there`,
    error,
  );
}
