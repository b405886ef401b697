import type { Random } from '../../core/random.js';
import { SqsServiceError } from './errors.js';
import type { SqsFaultEffect } from './faults.js';
import { asFields, list, type Fields } from './fields.js';

/** A batch without some of its entries, at least one, and the answers for those. Undefined: none is left. */
export function withoutSome(input: Fields, random: Random): { kept: Fields | undefined; failed: object[] } {
  const entries = list(input, 'Entries');
  if (entries.length === 0) throw new SqsServiceError('InternalFailure', 'The emulator was told to fail.');
  const unlucky = Math.floor(random.unit() * entries.length);
  const fails = entries.map((_, index) => index === unlucky || (entries.length > 2 && random.unit() < 0.3));
  const kept = entries.filter((_, index) => !fails[index]);
  const failed = entries
    .filter((_, index) => fails[index])
    .map((entry) => ({
      Id: asFields(entry)['Id'],
      SenderFault: false,
      Code: 'InternalError',
      Message: 'The emulator was told to fail this entry.',
    }));
  return { kept: kept.length === 0 ? undefined : { ...input, Entries: kept }, failed };
}

/** The answer as a fault leaves it. */
export function faulty(result: object, fault: SqsFaultEffect | undefined): object {
  if (fault !== 'wrong md5') return result;
  const wrong = '0'.repeat(32);
  const { Messages, Successful, MD5OfMessageBody } = result as Answer;
  return {
    ...result,
    ...(MD5OfMessageBody !== undefined && { MD5OfMessageBody: wrong }),
    ...(Messages && { Messages: firstWith(Messages, { MD5OfBody: wrong }) }),
    ...(Successful && { Successful: firstWith(Successful, { MD5OfMessageBody: wrong }) }),
  };
}

interface Answer {
  readonly Messages?: readonly object[];
  readonly Successful?: readonly object[];
  readonly MD5OfMessageBody?: string;
}

function firstWith(items: readonly object[], more: object): object[] {
  return items.map((item, index) => (index === 0 ? { ...item, ...more } : item));
}
