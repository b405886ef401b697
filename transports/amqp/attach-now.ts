import type { Connection } from './connection.js';
import { copyOf } from './errors.js';
import type { Link } from './link.js';

/** Attaches to the connection that there is, and to the next one if that goes meanwhile. */
export async function attachNow(connection: Connection, attach: (link: Link) => Promise<void>): Promise<void> {
  for (;;) {
    const link = await connection.ready();
    try {
      await attach(link);
      if (!link.isGone) return;
    } catch (error) {
      if (!link.isGone) throw copyOf(error);
    }
  }
}
