import { randomUUID } from 'node:crypto';

export interface VirtualHost {
  readonly name: string;
  /** With the administrator's credentials. */
  readonly url: string;
}

export interface UserRights {
  readonly virtualHost: string;
  /** Regular expressions, as RabbitMQ reads them; everything by default. '^$' is nothing. */
  readonly configure?: string;
  readonly write?: string;
  readonly read?: string;
}

export interface User {
  readonly name: string;
  readonly password: string;
  readonly url: string;
}

/** What needs no more than the management plugin's HTTP API: 15 ms for a virtual host, where rabbitmqctl takes 400. */
export interface BrokerAdmin {
  /** A fresh, empty virtual host. */
  createVirtualHost(): Promise<VirtualHost>;
  deleteVirtualHost(name: string): Promise<void>;
  /** A new ordinary user with these rights in one virtual host. */
  createUser(rights: UserRights): Promise<User>;
  setPermissions(user: string, rights: UserRights): Promise<void>;
  /** The management plugin's HTTP API; `path` starts after `/api`. Message counts and rates are switched off. */
  management(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<unknown>;
}

/** @param url the broker's AMQP URL with an administrator's credentials */
export function createBrokerAdmin(url: string, managementUrl: string): BrokerAdmin {
  const { username, password } = new URL(url);
  const authorization = `Basic ${btoa(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`)}`;

  async function management(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<unknown> {
    const response = await fetch(`${managementUrl}/api${path}`, {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
    const text = await response.text();
    if (!response.ok) {
      throw new Error(
        `expected ${method} ${path} of RabbitMQ's management API to succeed, got ${response.status}: ${text}`,
      );
    }
    return text === '' ? undefined : JSON.parse(text);
  }

  async function setPermissions(user: string, rights: UserRights): Promise<void> {
    const { virtualHost, configure = '.*', write = '.*', read = '.*' } = rights;
    const path = `/permissions/${encodeURIComponent(virtualHost)}/${encodeURIComponent(user)}`;
    await management('PUT', path, { configure, write, read });
  }

  return {
    management,
    setPermissions,
    async createVirtualHost() {
      const name = `test-${randomUUID()}`;
      await management('PUT', `/vhosts/${name}`);
      await setPermissions(decodeURIComponent(username), { virtualHost: name });
      return { name, url: withPath(url, name) };
    },
    async deleteVirtualHost(name) {
      await management('DELETE', `/vhosts/${encodeURIComponent(name)}`);
    },
    async createUser(rights) {
      const name = `user-${randomUUID()}`;
      const secret = randomUUID();
      await management('PUT', `/users/${name}`, { password: secret, tags: '' });
      await setPermissions(name, rights);
      const userUrl = new URL(withPath(url, rights.virtualHost));
      userUrl.username = name;
      userUrl.password = secret;
      return { name, password: secret, url: userUrl.href };
    },
  };
}

function withPath(url: string, virtualHost: string): string {
  const result = new URL(url);
  result.pathname = `/${encodeURIComponent(virtualHost)}`;
  return result.href;
}
