import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { isLoopback, type Endpoint } from './endpoints.js';
import type { AmqpTlsOptions } from './options.js';

/** What tls.connect is told. Certificates are verified, always so for a broker on another machine. */
export function tlsOptions(endpoint: Endpoint, tls: AmqpTlsOptions): Omit<ConnectionOptions, 'timeout'> {
  const servername = tls.servername ?? (isIP(endpoint.host) ? undefined : endpoint.host);
  return {
    minVersion: 'TLSv1.2',
    rejectUnauthorized: !(tls.acceptUnverifiedOnLoopback === true && isLoopback(endpoint.host)),
    ...(servername === undefined ? {} : { servername }),
    ...(tls.ca === undefined
      ? {}
      : { ca: typeof tls.ca === 'string' || Buffer.isBuffer(tls.ca) ? tls.ca : [...tls.ca] }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls.key === undefined ? {} : { key: tls.key }),
    ...(tls.passphrase === undefined ? {} : { passphrase: tls.passphrase }),
  };
}
