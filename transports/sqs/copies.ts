import type { Attributes, ReceivedMessage, SendEntry } from './api.js';
import { attributeNames, headerEntries, headerNames, readEnvelope } from './envelope.js';
import { legalIdOf } from './group-id.js';
import type { SetAside } from './parts.js';
import { bytesOfEntry, checkEntry } from './sizes.js';
import { escapeText, headersText, isSqsText } from './text.js';

/**
 * A copy for the dead letters. Its deduplication id is made from the original's place in its queue: where nobody knows
 * whether a copy arrived, the next one is the same. Each is a group of its own, so that those behind it can be looked at.
 */
export function setAsideEntry(received: ReceivedMessage, why: SetAside): SendEntry {
  const id = asideIdOf(received);
  const headers: Record<string, string> = {
    [headerNames.sender]: why.sender ?? '',
    [headerNames.attempts]: String(why.attempts),
    [headerNames.firstSeen]: String(Math.floor(why.firstSeenMs)),
    ...(received.groupId !== undefined && { [headerNames.groupId]: received.groupId }),
  };
  const attributes = copied(received, {
    headers,
    without: [headerNames.redriven],
    added: { [attributeNames.reason]: isSqsText(why.reason) ? why.reason : escapeText(`${why.reason} `) },
  });
  return { body: received.body, attributes, groupId: id, dedupId: id };
}

/** The same without its reason, and no larger than the original: for one that fills its queue's limit, which would block its group for ever. */
export function smallestAsideEntry(received: ReceivedMessage): SendEntry {
  const id = asideIdOf(received);
  const { headers: _headers, reason: _reason, ...kept } = attributeNames;
  const names: readonly string[] = Object.values(kept);
  const attributes = Object.entries(received.attributes).filter(([name]) => names.includes(name));
  return { body: received.body, attributes: Object.fromEntries(attributes), groupId: id, dedupId: id };
}

function asideIdOf({ messageId }: ReceivedMessage): string {
  return legalIdOf(`aside-${messageId}`);
}

/**
 * One of the dead letters as a request again, under a new deduplication id.
 * @throws TransportError `too_large`
 */
export function redriveEntry(
  received: ReceivedMessage,
  how: { readonly withoutReply: boolean; readonly withoutDeadline: boolean },
  by: { readonly name: string; readonly sender: string | undefined; readonly address: string },
): SendEntry {
  const { own } = readEnvelope(received);
  const attributes = copied(received, {
    headers: { [headerNames.sender]: by.sender ?? '', [headerNames.redriven]: by.name },
    without: [
      ...[headerNames.attempts, headerNames.firstSeen, headerNames.groupId, attributeNames.reason],
      ...(how.withoutReply ? [attributeNames.replyTo] : []),
      ...(how.withoutDeadline ? [attributeNames.deadline] : []),
    ],
    added: {},
  });
  const groupId = own(headerNames.groupId) ?? received.groupId ?? by.address;
  const entry = { body: received.body, attributes, groupId: legalIdOf(groupId), dedupId: by.name };
  checkEntry(bytesOfEntry(entry));
  return entry;
}

/** SQS allows ten. */
const mostAttributes = 10;

const ours: readonly string[] = Object.values(attributeNames);

interface Changes {
  /** They win over those that came. */
  readonly headers: Readonly<Record<string, string>>;
  /** Names of headers and of attributes. */
  readonly without: readonly string[];
  readonly added: Attributes;
}

/** What is ours first, then what else there is room for. */
function copied(received: ReceivedMessage, { headers, without, added }: Changes): Attributes {
  const given = Object.entries(received.attributes).filter(([name]) => !without.includes(name));
  const kept = headerEntries(received.attributes).filter(
    ([name]) => !without.includes(name) && !Object.hasOwn(headers, name),
  );
  const { id } = readEnvelope(received);
  const attributes: Attributes = {
    ...(isSqsText(id) && { [attributeNames.id]: id }),
    ...Object.fromEntries(given.filter(([name]) => ours.includes(name))),
    [attributeNames.headers]: headersText([...kept, ...Object.entries(headers)]),
    ...added,
  };
  const room = mostAttributes - Object.keys(attributes).length;
  const others = given.filter(([name]) => !ours.includes(name)).slice(0, room);
  return { ...attributes, ...Object.fromEntries(others) };
}
