import { invalidValue, SqsServiceError } from './errors.js';

/** The parameters of one call, as they came: nothing in them is checked yet. */
export type Fields = Readonly<Record<string, unknown>>;

export function asFields(value: unknown): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw unreadable('an object', value);
}

export function optionalText(fields: Fields, name: string): string | undefined {
  const value = fields[name] ?? undefined;
  if (value === undefined || typeof value === 'string') return value;
  throw unreadable(`a string in ${name}`, value);
}

export function text(fields: Fields, name: string): string {
  const value = optionalText(fields, name);
  if (value !== undefined && value !== '') return value;
  throw new SqsServiceError('MissingParameter', `The request must contain the parameter ${name}.`);
}

/** The ids that a caller gives: "alphanumeric characters and punctuation", at most 128. */
export function optionalToken(fields: Fields, name: string): string | undefined {
  const value = optionalText(fields, name);
  if (value === undefined || /^[!-~]{1,128}$/.test(value)) return value;
  const reason = `${name} can only include alphanumeric and punctuation characters. 1 to 128 in length.`;
  throw invalidValue(value, name, reason);
}

export interface WholeRange {
  readonly least: number;
  readonly most: number;
  readonly reason: string;
}

export function optionalWhole(fields: Fields, name: string, { least, most, reason }: WholeRange): number | undefined {
  const value = fields[name] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value)) throw unreadable(`an integer in ${name}`, value);
  if (value < least || value > most) throw invalidValue(value, name, reason);
  return value;
}

export function texts(fields: Fields, name: string): string[] {
  return list(fields, name).map((value) => {
    if (typeof value === 'string') return value;
    throw unreadable(`strings in ${name}`, value);
  });
}

export function list(fields: Fields, name: string): readonly unknown[] {
  const value = fields[name] ?? [];
  if (Array.isArray(value)) return value;
  throw unreadable(`a list in ${name}`, value);
}

export function textMap(fields: Fields, name: string): Map<string, string> {
  const entries = Object.entries(asFields(fields[name] ?? {}));
  return new Map(
    entries.map(([key, value]) => {
      if (typeof value === 'string') return [key, value];
      throw unreadable(`strings in ${name}`, value);
    }),
  );
}

function unreadable(expected: string, got: unknown): SqsServiceError {
  return new SqsServiceError('SerializationException', `expected ${expected}, got ${JSON.stringify(got)}`);
}
