import type { Stage } from '../../middleware/observe.js';

/** When a fault happens: as a request passes a stage, at a time, or as something is sent. */
export type FaultMoment =
  /** The `nth` time (1 by default) that the request with this number passes the stage; requests count from 1. */
  | { readonly stage: Stage; readonly request: number; readonly nth?: number }
  /** So long after the start. */
  | { readonly ms: number }
  /** The nth message that is sent, by whomever, from 1. */
  | { readonly send: number };

export const faultKinds = [
  /** The process is gone with all it held, and starts again after `forMs`. */
  'crash',
  /** The process stands still for `forMs`, as under SIGSTOP, and then goes on. */
  'pause',
  /** The process is told to stop in good order, and starts again after `forMs`. */
  'stop',
  /** The process cannot reach the broker for `forMs`. */
  'cut',
  /** The broker is down for `forMs`; what waits there stays. */
  'broker-down',
  /** The broker is killed and starts after `forMs` with what is persistent. */
  'broker-crash',
  /** Nobody reaches the store of locks, or of idempotency keys, for `forMs`. */
  'locks-away',
  'idempotency-away',
  /** A message that is sent never arrives, or arrives without its sender being told. */
  'lose-send',
  'lose-confirm',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** One thing that goes wrong. Plain data: a plan can be printed, kept and shortened. */
export interface Fault {
  readonly at: FaultMoment;
  readonly what: FaultKind;
  /** The process; by default the one where the moment is, else the first node. */
  readonly who?: string;
  /** How long it lasts; 1,000 by default. */
  readonly forMs?: number;
}

/** How likely each fault is: per stage for crash, pause and stop, per message for the lost ones, else per second. */
export type FaultChances = Partial<Readonly<Record<FaultKind, number>>>;

export function describeFault({ at, what, who, forMs }: Fault): string {
  const where = who === undefined ? '' : ` ${who}`;
  const long = what.startsWith('lose') ? '' : ` for ${forMs ?? defaultForMs} ms`;
  return `${describeMoment(at)} ${what}${where}${long}`;
}

function describeMoment(at: FaultMoment): string {
  if ('ms' in at) return `at ${at.ms} ms`;
  if ('send' in at) return `at send ${at.send}`;
  const again = at.nth === undefined || at.nth === 1 ? '' : ` (time ${at.nth})`;
  return `at stage '${at.stage}' of request ${at.request}${again}`;
}

export const defaultForMs = 1_000;
