import { SqsServiceError } from './errors.js';
import { asFields, list, optionalText, type Fields } from './fields.js';

const mostEntries = 10;

export interface BatchEntry {
  readonly id: string;
  readonly fields: Fields;
}

/** @throws SqsServiceError for a batch that fails as a whole. */
export function readBatch(input: Fields): BatchEntry[] {
  const entries = list(input, 'Entries').map((entry) => {
    const fields = asFields(entry);
    return { id: optionalText(fields, 'Id') ?? '', fields };
  });
  if (entries.length === 0) {
    throw new SqsServiceError('EmptyBatchRequest', 'There should be at least one entry in the request.');
  }
  if (entries.length > mostEntries) {
    throw new SqsServiceError(
      'TooManyEntriesInBatchRequest',
      `Maximum number of entries per request are ${mostEntries}. You have sent ${entries.length}.`,
    );
  }
  for (const { id } of entries) {
    if (/^[A-Za-z0-9_-]{1,80}$/.test(id)) continue;
    throw new SqsServiceError(
      'InvalidBatchEntryId',
      'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.',
    );
  }
  const ids = new Set(entries.map(({ id }) => id));
  if (ids.size < entries.length)
    throw new SqsServiceError('BatchEntryIdsNotDistinct', 'Two or more batch entries in the request have the same Id.');
  return entries;
}

/** Does the work for each entry; those that fail are told apart from those that do not. */
export function runBatch(entries: readonly BatchEntry[], work: (fields: Fields) => object | undefined): object {
  const successful: object[] = [];
  const failed: object[] = [];
  for (const { id, fields } of entries) {
    try {
      successful.push({ Id: id, ...work(fields) });
    } catch (error) {
      if (!(error instanceof SqsServiceError)) throw error;
      failed.push({ Id: id, SenderFault: true, Code: error.inBatch.code, Message: error.inBatch.message });
    }
  }
  return { Successful: successful, Failed: failed };
}
