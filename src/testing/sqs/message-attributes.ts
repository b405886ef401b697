import { createHash } from 'node:crypto';
import { asFields, optionalText, type Fields } from './fields.js';
import { invalidParameter, SqsServiceError } from './errors.js';

export interface MessageAttribute {
  readonly dataType: string;
  readonly value: { readonly string: string } | { readonly binary: Buffer };
}

export type MessageAttributes = ReadonlyMap<string, MessageAttribute>;

const mostAttributes = 10;
const legalName = /^(?!aws\.|amazon\.)(?!\.)(?!.*\.\.)[A-Za-z0-9_.-]{1,256}(?<!\.)$/i;
const legalType = /^(String|Number|Binary)(\..{1,249})?$/;
/** SQS API reference, SendMessage: #x9, #xA, #xD, #x20 to #xD7FF, #xE000 to #xFFFD, #x10000 to #x10FFFF. */
const legalText = /^[\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u;

/** @throws SqsServiceError InvalidMessageContents. */
export function assertLegalText(text: string, where: string): void {
  if (legalText.test(text)) return;
  throw new SqsServiceError(
    'InvalidMessageContents',
    `Invalid characters found in ${where}: valid are #x9, #xA, #xD, #x20 to #xD7FF, #xE000 to #xFFFD and #x10000 to #x10FFFF.`,
  );
}

/** SQS developer guide, "Amazon SQS message metadata". */
export function readMessageAttributes(fields: Fields): MessageAttributes {
  const entries = Object.entries(asFields(fields['MessageAttributes'] ?? {}));
  if (entries.length > mostAttributes) {
    throw invalidParameter(`Number of message attributes [${entries.length}] exceeds the allowed maximum [10].`);
  }
  return new Map(entries.map(([name, value]) => [name, readAttribute(name, asFields(value))]));
}

function readAttribute(name: string, fields: Fields): MessageAttribute {
  if (!legalName.test(name)) throw invalidParameter(`The message attribute name '${name}' is invalid.`);
  const dataType = optionalText(fields, 'DataType') ?? '';
  const [, type] = legalType.exec(dataType) ?? [];
  if (!type) {
    throw invalidParameter(
      `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
    );
  }
  const value = optionalText(fields, type === 'Binary' ? 'BinaryValue' : 'StringValue');
  if (value === undefined || value === '') {
    throw invalidParameter(
      `The message attribute '${name}' must contain non-empty message attribute value for message attribute type '${type}'.`,
    );
  }
  if (type === 'Binary') return { dataType, value: { binary: Buffer.from(value, 'base64') } };
  assertLegalText(value, `message attribute '${name}'`);
  if (type === 'Number' && !Number.isFinite(Number(value))) {
    throw invalidParameter(`Can't cast the value of message (user) attribute '${name}' to a number.`);
  }
  return { dataType, value: { string: value } };
}

/** What they add to the size of their message: name, type and value all count. */
export function attributeBytes(attributes: MessageAttributes): number {
  let bytes = 0;
  for (const [name, { dataType, value }] of attributes) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(dataType) + bytesOf(value).length;
  }
  return bytes;
}

/** SQS developer guide, "Calculating the MD5 message digest for message attributes". */
export function attributesMd5(attributes: MessageAttributes): string {
  const hash = createHash('md5');
  function add(bytes: Buffer): void {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hash.update(length).update(bytes);
  }
  for (const [name, { dataType, value }] of [...attributes].sort(([a], [b]) => (a < b ? -1 : 1))) {
    add(Buffer.from(name));
    add(Buffer.from(dataType));
    hash.update(Buffer.of('binary' in value ? 2 : 1));
    add(bytesOf(value));
  }
  return hash.digest('hex');
}

function bytesOf(value: MessageAttribute['value']): Buffer {
  return 'binary' in value ? value.binary : Buffer.from(value.string);
}

/** Those that a receive asks for: by name, by `prefix.*`, or all. */
export function wantedAttributes(attributes: MessageAttributes, names: readonly string[]): MessageAttributes {
  const all = names.includes('All') || names.includes('.*');
  const prefixes = names.filter((name) => name.endsWith('.*')).map((name) => name.slice(0, -2));
  const wanted = (name: string): boolean =>
    all || names.includes(name) || prefixes.some((prefix) => name.startsWith(prefix));
  return new Map([...attributes].filter(([name]) => wanted(name)));
}

export function writeMessageAttributes(attributes: MessageAttributes): object {
  return Object.fromEntries(
    [...attributes].map(([name, { dataType, value }]) => [
      name,
      'binary' in value
        ? { DataType: dataType, BinaryValue: value.binary.toString('base64') }
        : { DataType: dataType, StringValue: value.string },
    ]),
  );
}
