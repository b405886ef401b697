/** One broker to connect to, and as whom. */
export interface Endpoint {
  readonly tls: boolean;
  readonly host: string;
  readonly port: number;
  readonly virtualHost: string;
  readonly username: string;
  readonly password: string;
}

/**
 * The brokers that `url` and `hosts` name. `hosts` are further ones beside the first URL's, with its credentials,
 * virtual host and protocol. No message here contains a URL: it may hold a password.
 * @throws TypeError saying what is wrong with which entry.
 */
export function parseEndpoints(url: string | readonly string[], hosts: readonly string[] = []): readonly Endpoint[] {
  const urls = typeof url === 'string' ? [url] : url;
  const endpoints = urls.map((each, index) => parseUrl(each, urls.length > 1 ? `url[${index}]` : 'url'));
  const first = endpoints[0];
  if (!first) throw new TypeError('expected url to name at least one broker, got an empty list');
  for (const [index, host] of hosts.entries())
    endpoints.push({ ...first, ...parseHost(host, `hosts[${index}]`, first) });
  const known = new Map(endpoints.map((endpoint) => [placeOf(endpoint), endpoint]));
  return [...known.values()];
}

/** `host:port`, fit for a log. */
export function placeOf({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether traffic to it never leaves this machine. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function parseUrl(text: string, name: string): Endpoint {
  const expected = `expected ${name} to look like amqp://user:password@host:5672/virtual-host`;
  // Only the fact is kept: the error that URL throws carries its input.
  if (!URL.canParse(text)) {
    throw new TypeError(`${expected}, got something that is no URL; percent-encode reserved characters in it`);
  }
  const parsed = new URL(text);
  if (parsed.protocol !== 'amqp:' && parsed.protocol !== 'amqps:') {
    throw new TypeError(`${expected} or with amqps:, got the protocol ${JSON.stringify(parsed.protocol)}`);
  }
  if (parsed.hostname === '') throw new TypeError(`${expected}, got one without a host`);
  if (parsed.search !== '' || parsed.hash !== '') {
    throw new TypeError(
      `${expected}, got one with a query or fragment; use the options of createAmqpTransport instead`,
    );
  }
  const tls = parsed.protocol === 'amqps:';
  const anonymous = parsed.username === '' && parsed.password === '';
  return {
    tls,
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? defaultPort(tls) : Number(parsed.port),
    virtualHost: decode(parsed.pathname.slice(1), `the virtual host of ${name}`) || '/',
    username: anonymous ? 'guest' : decode(parsed.username, `the user of ${name}`),
    password: anonymous ? 'guest' : decode(parsed.password, `the password of ${name}`),
  };
}

function parseHost(text: string, name: string, { tls }: Endpoint): Pick<Endpoint, 'host' | 'port'> {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:/@[\]]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? defaultPort(tls) : Number(match[3]);
  if (host === undefined || port < 1 || port > 65_535) {
    // A URL given here by mistake would show its password.
    const got = text.includes('@') ? 'something with a user in it' : JSON.stringify(text);
    throw new TypeError(`expected ${name} to be a host or host:port, got ${got}`);
  }
  return { host, port };
}

function defaultPort(tls: boolean): number {
  return tls ? 5671 : 5672;
}

function decode(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new TypeError(`expected ${what} to be percent-encoded, got a % that does not start a code; write it as %25`);
  }
}
