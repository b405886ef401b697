/**
 * SQS takes tab, line feed, carriage return and what is from U+0020 up, but neither lone surrogates nor U+FFFE and
 * U+FFFF ("SendMessage", `MessageBody`).
 */
const forbidden = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;
const allForbidden = new RegExp(forbidden, 'gu');
/** What we write for such a character. JSON.stringify writes its own in lower case. */
const escapes = /\\u(0000|000[1-8BCEF]|001[0-9A-F]|D[89A-F][0-9A-F]{2}|FFF[EF])/g;

export function isSqsText(text: string): boolean {
  return text !== '' && !forbidden.test(text);
}

/** The same JSON, of characters that SQS takes. */
export function escapeText(text: string): string {
  if (!forbidden.test(text)) return text;
  return text.replace(allForbidden, (character) => {
    const hex = character.charCodeAt(0).toString(16).toUpperCase();
    return `\\u${hex.padStart(4, '0')}`;
  });
}

/** How a body was made fit; absent on most. */
export type Fitting = 'empty' | 'escaped';

/**
 * A body that SQS takes, and how to get back, to the character, what it was. Where it has such escapes of its own it
 * stays escaped: to a reader of JSON that is the same.
 */
export function fitBody(body: string): { readonly body: string; readonly fitting: Fitting | undefined } {
  if (body === '') return { body: ' ', fitting: 'empty' };
  if (!forbidden.test(body)) return { body, fitting: undefined };
  return { body: escapeText(body), fitting: body.search(escapes) < 0 ? 'escaped' : undefined };
}

export function unfitBody(body: string, fitting: string | undefined): string {
  if (fitting === 'empty') return '';
  if (fitting !== 'escaped') return body;
  return body.replace(escapes, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

export function headersText(headers: readonly (readonly [string, string])[]): string {
  return escapeText(JSON.stringify(Object.fromEntries(headers)));
}
