import type { LockKey } from '../lock.js';
import type { Ticket } from './ticket.js';

/** One ticket's place in the line at one name. */
export interface Place {
  readonly ticket: Ticket;
  readonly line: Line;
  readonly key: LockKey;
  /** Nobody ahead excludes it any more. It stays cleared until it leaves. */
  cleared: boolean;
  ahead: Place | undefined;
  behind: Place | undefined;
}

/**
 * All that hold one name or wait for it, in the order of arrival. The cleared ones come first and are all of one
 * mode; since modes of two kinds exclude each other, whoever stands behind one that has to wait has to wait as well.
 */
export interface Line {
  readonly name: string;
  first: Place | undefined;
  last: Place | undefined;
  firstWaiting: Place | undefined;
  mode: LockKey['mode'];
  cleared: number;
  /** The smallest limit of those cleared since there last was none. */
  limit: number;
}

/** The names in use; an idle one is forgotten. */
export type Lines = Map<string, Line>;

export interface EnterOptions {
  /** Whoever waits, waits for an ancestor of this ticket and so for this ticket: it need not stand behind them. */
  readonly joins: boolean;
}

/** At the end of the line; one that joins, at the end of the cleared ones if there is room. */
export function enter(lines: Lines, ticket: Ticket, key: LockKey, { joins }: EnterOptions): Place {
  let line = lines.get(key.name);
  if (!line) {
    line = {
      name: key.name,
      first: undefined,
      last: undefined,
      firstWaiting: undefined,
      mode: key.mode,
      cleared: 0,
      limit: Infinity,
    };
    lines.set(key.name, line);
  }
  const place: Place = { ticket, line, key, cleared: false, ahead: undefined, behind: undefined };
  if ((joins || !line.firstWaiting) && hasRoom(line, key)) {
    insert(place, line.firstWaiting);
    clear(place);
  } else {
    insert(place, undefined);
    line.firstWaiting ??= place;
  }
  return place;
}

/** Calls `cleared` for each of those behind that it was the last to keep waiting. */
export function leave(lines: Lines, place: Place, cleared: (ticket: Ticket) => void): void {
  const { line, ahead, behind } = place;
  if (ahead) ahead.behind = behind;
  else line.first = behind;
  if (behind) behind.ahead = ahead;
  else line.last = ahead;
  if (line.firstWaiting === place) line.firstWaiting = behind;
  if (place.cleared) line.cleared -= 1;
  if (!line.first) {
    lines.delete(line.name);
    return;
  }
  for (let next = line.firstWaiting; next && hasRoom(line, next.key); next = line.firstWaiting) {
    line.firstWaiting = next.behind;
    clear(next);
    cleared(next.ticket);
  }
}

function hasRoom(line: Line, key: LockKey): boolean {
  if (line.cleared === 0) return true;
  if (line.mode !== key.mode || key.mode === 'exclusive') return false;
  return key.mode === 'shared' || line.cleared < Math.min(line.limit, key.limit);
}

function clear(place: Place): void {
  const { line, key } = place;
  place.cleared = true;
  if (line.cleared === 0) line.limit = Infinity;
  line.cleared += 1;
  line.mode = key.mode;
  if (key.mode === 'limit') line.limit = Math.min(line.limit, key.limit);
}

function insert(place: Place, before: Place | undefined): void {
  const { line } = place;
  place.behind = before;
  place.ahead = before ? before.ahead : line.last;
  if (place.ahead) place.ahead.behind = place;
  else line.first = place;
  if (before) before.ahead = place;
  else line.last = place;
}
