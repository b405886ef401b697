import type { Line, Place } from './line.js';
import { allTickets, type MemoryLockState, type Ticket } from './ticket.js';

/**
 * The names at which a nested request that has to wait would wait for ever, because what stands ahead of it cannot
 * end before it does: an ancestor that holds the name, somebody waiting for that ancestor, or a circle of several
 * such requests. Found by letting everybody end who can, until nothing moves: what is left over is stuck.
 */
export function namesWithoutEnd(state: MemoryLockState, ticket: Ticket): string[] {
  const tickets = allTickets(state);
  if (!anyHeldBy(tickets, ticket.ancestors)) return [];
  const nested = [...tickets].filter((one) => one.waitsIn > 0 && one.ancestors.length > 0);
  const ended = new Set<Ticket>();
  for (let before = -1; before < ended.size;) {
    before = ended.size;
    for (const one of tickets) if (!ended.has(one) && canEnd(one, nested, ended)) ended.add(one);
    if (ended.has(ticket)) return [];
  }
  return ticket.places.filter((place) => !hasTurn(place, ended)).map((place) => place.line.name);
}

function anyHeldBy(tickets: ReadonlySet<Ticket>, owners: readonly string[]): boolean {
  for (const one of tickets) if (one.waitsIn === 0 && owners.includes(one.owner)) return true;
  return false;
}

function canEnd(ticket: Ticket, nested: readonly Ticket[], ended: ReadonlySet<Ticket>): boolean {
  if (ticket.waitsIn > 0) return ticket.places.every((place) => hasTurn(place, ended));
  return !nested.some((child) => child.ancestors.includes(ticket.owner) && !ended.has(child));
}

/** Whether nobody would exclude this place once all of `ended` had left. */
function hasTurn(place: Place, ended: ReadonlySet<Ticket>): boolean {
  if (place.cleared) return true;
  const { mode } = place.key;
  let same = 0;
  let lowest = mode === 'limit' ? Math.min(place.key.limit, place.line.limit) : Infinity;
  for (const other of before(place.line, place)) {
    if (ended.has(other.ticket)) continue;
    if (mode === 'exclusive' || other.key.mode !== mode) return false;
    same += 1;
    if (other.key.mode === 'limit') lowest = Math.min(lowest, other.key.limit);
  }
  return mode === 'shared' || same < lowest;
}

function* before(line: Line, place: Place): Generator<Place> {
  for (let one = line.first; one && one !== place; one = one.behind) yield one;
}
