import type { TransportError } from '../../src/core/transport.js';
import { copyOf } from './errors.js';
import type { Link } from './link.js';
import type { Outlet } from './outlet.js';
import type { Outlets } from './outlets.js';
import type { Parcel } from './parcel.js';
import type { Preparation } from './preparation.js';
import { refusalOf } from './send-errors.js';
import type { Waiting, WaitingLine } from './waiting-line.js';

export interface PreparedGroupsParts {
  readonly line: WaitingLine;
  readonly preparation: Preparation;
  readonly outlets: Outlets;
  readonly canWrite: (link: Link) => boolean;
  /** Returns whether it was written; where not, its sender has been told. */
  readonly write: (item: Waiting, to: Outlet<Waiting>, link: Link) => boolean;
  /** Those put back can be written now. */
  readonly pump: () => void;
}

/**
 * Sends that leave the line until what they need is in place. Those that need the same wait together, and it is prepared
 * once. Returns what takes one of the line.
 */
export function createPreparedGroups(parts: PreparedGroupsParts): (item: Waiting, link: Link) => void {
  const { line, preparation, outlets } = parts;
  const groups = new Map<string, Set<Waiting>>();

  async function prepare(key: string, members: Set<Waiting>, parcel: Parcel, link: Link): Promise<void> {
    let refusal: TransportError | undefined;
    try {
      await preparation.prepare(parcel, link);
      if (!preparation.isProven(parcel.exchange)) refusal = await tryOut(parcel.exchange, members, link);
    } catch (error) {
      // With the link gone they wait for the next.
      if (!link.isGone) refusal = copyOf(error);
    }
    groups.delete(key);
    for (const item of refusal ? [...members] : []) line.fail(item, copyOf(refusal));
    line.putBack([...members]);
    parts.pump();
  }

  /** The first publish to an exchange on a link. Resolves to what keeps the others from going there too. */
  async function tryOut(exchange: string, members: Set<Waiting>, link: Link): Promise<TransportError | undefined> {
    const result = await outlets.tryOut(link, (trial) => {
      if (!parts.canWrite(link)) return false;
      for (const item of [...members]) {
        item.isTrial = true;
        if (parts.write(item, trial, link)) return true;
      }
      return false;
    });
    if (result && result.kind !== 'lost') preparation.prove(exchange);
    return result && refusalOf(result, exchange, link);
  }

  return (item, link) => {
    const key = preparation.keyOf(item.parcel);
    const group = groups.get(key);
    if (group) {
      line.move(item, group);
      return;
    }
    const members = new Set<Waiting>();
    line.move(item, members);
    groups.set(key, members);
    void prepare(key, members, item.parcel, link);
  };
}
