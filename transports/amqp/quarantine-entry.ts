import type { QuarantineEntry } from '../../src/core/quarantine.js';
import { headerNames, nobody } from './names.js';
import { countOf, epochOf, headerOf, idOf, tableOf, text, type Mutable, type RawMessage } from './wire.js';

/** What a message in a quarantine says of itself. */
export function entryOf(
  { properties, content }: RawMessage,
  { believes }: { readonly believes: (user: string | undefined) => boolean },
): QuarantineEntry {
  const headers = tableOf(properties.headers);
  const user = text(properties.userId);
  const replyTo = text(properties.replyTo);
  const entry: Mutable<QuarantineEntry> = {
    id: idOf(properties) ?? '',
    reason: text(headerOf(headers, headerNames.reason)) ?? '',
    attempts: countOf(headerOf(headers, headerNames.attempts)),
    bytes: content.length,
    kind: replyTo === undefined || replyTo === nobody ? 'one-way' : 'call',
  };
  const action = text(properties.type);
  const firstSeen = epochOf(headerOf(headers, headerNames.firstSeen));
  const sender = believes(user) ? text(headerOf(headers, headerNames.sender)) : user;
  const deadline = epochOf(headerOf(headers, headerNames.deadline));
  if (action !== undefined) entry.action = action;
  if (firstSeen !== undefined) entry.firstSeen = firstSeen;
  if (sender !== undefined) entry.sender = sender;
  if (deadline !== undefined) entry.deadline = deadline;
  return entry;
}

export function contentOf({ properties, content }: RawMessage): {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
} {
  const headers = Object.entries(tableOf(properties.headers)).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : (JSON.stringify(value) ?? ''),
  ]);
  return { headers: Object.fromEntries(headers) as Record<string, string>, body: content.toString('utf8') };
}
