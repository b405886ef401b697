import { setupError } from './errors.js';

/** The names on the broker that Samovar gives, in one place: other programs and access rights rely on them. */

export const inboxPrefix = 'samovar.inbox.';

export function inboxName(app: string, id: string): string {
  return `${inboxPrefix}${app}.${id}`;
}

/**
 * Where the reply to a one-way request is to go that an existing consumer may get: it exits on a request without
 * `reply_to`. No queue has this name, and to a worker of ours it is no address.
 */
export const nobody = `${inboxPrefix}nobody`;

/** Durable direct exchange of an address: its retries, its quarantine and what is redriven go through it. */
export function addressExchange(address: string): string {
  return `samovar.${address}`;
}

/** @throws TransportError `setup` for an address whose names are those of something else. */
export function checkAddress(address: string): void {
  if (addressExchange(address) !== controlExchange) return;
  throw setupError(
    `expected an address other than ${JSON.stringify(address)}: exchange ${JSON.stringify(controlExchange)} has another use`,
  );
}

export function quarantineQueue(address: string): string {
  return `${address}.quarantine`;
}

/** Direct, with a node address as the key: what is told to all its workers at once. */
export const controlExchange = 'samovar.control';

/** Where one worker process hears what is told to one address. */
export function controlQueue(id: string): string {
  return `${controlExchange}.${id}`;
}

/** Whoever has this queue, which is exclusive, works at the quarantine; nobody else does meanwhile. */
export function operatorQueue(address: string): string {
  return `${quarantineQueue(address)}.operator`;
}

export interface Rung {
  readonly name: '30s' | '5m' | '30m';
  readonly ms: number;
}

/** Where retries wait that are too long to hold in process. */
export const ladder = [
  { name: '30s', ms: 30_000 },
  { name: '5m', ms: 300_000 },
  { name: '30m', ms: 1_800_000 },
] as const satisfies readonly Rung[];

export function retryQueue(address: string, rung: Rung): string {
  return `${address}.retry.${rung.name}`;
}

/** Queues that hold requests: a reply sent there would be taken for one. */
export function holdsRequests(queue: string): boolean {
  return queue.endsWith('.quarantine') || ladder.some((rung) => queue.endsWith(`.retry.${rung.name}`));
}

/** Headers that are this transport's own: read or written by it, and not part of a message's headers. */
export const headerNames = {
  deadline: 'samovar-deadline',
  group: 'samovar-group',
  sender: 'samovar-sender',
  attempts: 'samovar-attempts',
  firstSeen: 'samovar-first-seen',
  exchange: 'samovar-exchange',
  reason: 'samovar-reason',
  notBefore: 'samovar-not-before',
  redriven: 'samovar-redriven',
} as const;
