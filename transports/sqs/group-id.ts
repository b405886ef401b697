import { createHash } from 'node:crypto';

/** What SQS takes for a group or a deduplication id: up to 128 letters, digits and punctuation of ASCII. */
const legalId = /^[\x21-\x7e]{1,128}$/;

export function isLegalId(id: string): boolean {
  return legalId.test(id);
}

/** The id itself where SQS takes it, else one made from it: equal for equal ids. */
export function legalIdOf(id: string): string {
  return isLegalId(id) ? id : createHash('sha256').update(id).digest('hex');
}
