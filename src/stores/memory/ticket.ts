import type { LockKey } from '../lock.js';
import type { Lease } from './lease.js';
import { enter, leave, type Lines, type Place } from './line.js';

/** What several providers share when they stand for several processes. */
export interface MemoryLockState {
  /** How many names are held or waited for. */
  readonly size: number;
  /** @internal */
  readonly lines: Lines;
  /** @internal */
  lastFence: number;
}

/** One `hold`: a place in the line of each of its keys, all taken at once. */
export interface Ticket {
  readonly owner: string;
  readonly ancestors: readonly string[];
  readonly lease: Lease;
  places: Place[];
  /** In how many lines somebody ahead still excludes it; its turn comes with 0. */
  waitsIn: number;
  fence: number;
  /** Called once when its turn comes, unless that was at once. */
  granted: () => void;
  /** Called if its provider closes while it waits. */
  abandoned: () => void;
}

const nothing = (): void => undefined;

export interface TicketOptions {
  readonly owner: string;
  readonly ancestors: readonly string[];
  readonly lease: Lease;
}

/** Since a ticket waits only for earlier ones, tickets alone can never wait for each other in a circle. */
export function takeTicket(state: MemoryLockState, keys: readonly LockKey[], options: TicketOptions): Ticket {
  const { owner, ancestors, lease } = options;
  const ticket: Ticket = {
    owner,
    ancestors,
    lease,
    places: [],
    waitsIn: 0,
    fence: 0,
    granted: nothing,
    abandoned: nothing,
  };
  for (const key of keys) {
    const joins = ancestors.length > 0 && isHeldByAny(state.lines, key.name, ancestors);
    const place = enter(state.lines, ticket, key, { joins });
    ticket.places.push(place);
    if (!place.cleared) ticket.waitsIn += 1;
  }
  if (ticket.waitsIn === 0) ticket.fence = state.lastFence += 1;
  return ticket;
}

/** Ends the hold or gives up waiting; whose turn that makes it is granted. Doing it twice does nothing. */
export function returnTicket(state: MemoryLockState, ticket: Ticket): void {
  const { places } = ticket;
  ticket.places = [];
  function cleared(next: Ticket): void {
    next.waitsIn -= 1;
    // A stopped lease gives up all that waits; one of them leaving must not start the next.
    if (next.waitsIn > 0 || next.lease.stopped) return;
    next.fence = state.lastFence += 1;
    next.granted();
  }
  for (const place of places) leave(state.lines, place, cleared);
}

function isHeldByAny(lines: Lines, name: string, owners: readonly string[]): boolean {
  const line = lines.get(name);
  for (let place = line?.first; place && place !== line?.firstWaiting; place = place.behind) {
    if (place.ticket.waitsIn === 0 && owners.includes(place.ticket.owner)) return true;
  }
  return false;
}

/** All tickets that hold or wait, in no particular order. */
export function allTickets(state: MemoryLockState): Set<Ticket> {
  const tickets = new Set<Ticket>();
  for (const line of state.lines.values()) {
    for (let place = line.first; place; place = place.behind) tickets.add(place.ticket);
  }
  return tickets;
}
