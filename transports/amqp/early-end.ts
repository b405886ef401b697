import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { ChannelModel } from 'amqplib';

/** What amqplib 2.x calls a connection, as far as it is private and read here. */
interface RawConnection {
  open(fields: { readonly clientProperties?: { readonly capabilities?: unknown } }, callback: unknown): void;
  on(event: 'error' | 'close', listener: (error: unknown) => void): unknown;
}

/** How connections ended that nobody has heard of yet; undefined: for no reason given. */
const ends = new WeakMap<object, { readonly reason: unknown }>();
let isGuarding = false;

/**
 * Listens to each connection whose client properties carry `capabilities` from before its handshake. amqplib goes on
 * reading behind `connection.open-ok` before it hands the connection over: a broker that closes it in the same breath
 * would emit an 'error' that nobody can have a listener for, which ends the process, or a 'close' that nobody hears.
 * Does nothing where amqplib is not as we know it.
 */
export function guardOpening(capabilities: object): void {
  if (isGuarding) return;
  isGuarding = true;
  const prototype = connectionPrototype();
  if (!prototype) return;
  // Taken off the prototype to be called on each connection.
  // eslint-disable-next-line @typescript-eslint/unbound-method
  const { open } = prototype;
  prototype.open = function (fields, callback) {
    if (fields.clientProperties?.capabilities === capabilities) {
      const note = (reason: unknown) => {
        if (!ends.has(this)) ends.set(this, { reason });
      };
      this.on('error', note);
      this.on('close', note);
    }
    open.call(this, fields, callback);
  };
}

/** Why a connection ended before it was handed over; undefined where it lives. */
export function earlyEndOf({ connection }: ChannelModel): Error | undefined {
  const isOver = 'expectSocketClose' in connection && connection.expectSocketClose === true;
  const end = ends.get(connection);
  if (!isOver && !end) return undefined;
  return end?.reason instanceof Error
    ? end.reason
    : new Error('the broker closed the connection as soon as it was open');
}

function connectionPrototype(): RawConnection | undefined {
  try {
    const require = createRequire(import.meta.url);
    // Not among what the package exports.
    const path = join(dirname(require.resolve('amqplib')), 'lib', 'connection.js');
    const { Connection } = require(path) as { Connection?: { prototype: RawConnection } };
    return typeof Connection?.prototype.open === 'function' ? Connection.prototype : undefined;
  } catch {
    return undefined;
  }
}
