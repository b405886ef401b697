import { flagIn, numberIn } from './fields.js';

/** Who and where a broker is; what is undefined was not said. */
export interface Broker {
  readonly tls: boolean | undefined;
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** As a URL names it. */
  readonly virtualHost: string | undefined;
}

/** What a URL says, or undefined for one that says nothing usable. */
export function brokerOfUrl(text: string): Broker | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (
    !/^amqps?:$/.test(url.protocol) ||
    url.hostname === '' ||
    url.port === '0' ||
    url.search !== '' ||
    url.hash !== ''
  )
    return undefined;
  const isAnonymous = url.username === '' && url.password === '';
  try {
    return {
      tls: url.protocol === 'amqps:',
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? undefined : Number(url.port),
      username: isAnonymous ? undefined : decodeURIComponent(url.username),
      password: isAnonymous ? undefined : decodeURIComponent(url.password),
      virtualHost: decodeURIComponent(url.pathname.slice(1)) || undefined,
    };
  } catch {
    return undefined;
  }
}

/** What the keys of one mapping say, which may not have been checked yet. */
export function brokerOfKeys(keys: Readonly<Record<string, unknown>>): Partial<Broker> {
  if (typeof keys['url'] === 'string') return brokerOfUrl(keys['url']) ?? {};
  const { host, username, password } = keys;
  const tls = flagIn(keys['ssl']);
  const port = numberIn(keys['port']);
  return {
    ...(typeof tls === 'boolean' ? { tls } : {}),
    ...(typeof host === 'string' ? { host: host.replace(/^\[|\]$/g, '') } : {}),
    ...(typeof port === 'number' ? { port } : {}),
    ...(typeof username === 'string' ? { username } : {}),
    ...(typeof password === 'string' ? { password } : {}),
  };
}

/** The broker of a virtual host: each of its own keys wins over the server's, and its own URL over all of them. */
export function mergedBroker(
  server: Readonly<Record<string, unknown>>,
  virtualHost: Readonly<Record<string, unknown>>,
): Partial<Broker> {
  const own = brokerOfKeys(virtualHost);
  return virtualHost['url'] === undefined ? { ...brokerOfKeys(server), ...own } : own;
}

/** `amqp://user:password@host:port/virtual-host`, everything in it percent-encoded. */
export function urlOfBroker(broker: Partial<Broker>, virtualHost: string): string {
  const { tls = false, host = 'localhost', port = tls ? 5671 : 5672, username, password = '' } = broker;
  const user = username === undefined ? '' : `${encodeURIComponent(username)}:${encodeURIComponent(password)}@`;
  const place = host.includes(':') ? `[${host}]` : host;
  return `${tls ? 'amqps' : 'amqp'}://${user}${place}:${port}/${encodeURIComponent(virtualHost)}`;
}
