import { isTooDeep } from './json.js';

/** Takes the place of what is not shown. */
export const mask = '***';

const secretName =
  /pass(word|phrase|wd|code)|pass$|pwd|secret|token|credential|authori[sz]ation|cookie|private|fernet/i;
/** A word of its own, as in `api_key`, `apiKey` and `key`; not as in `keyboard`. */
const keyName = /(^|[_.-])[kK](ey|EY)[sS]?($|[_.-])|[a-z0-9]Keys?($|[A-Z_.-])/;
/** Fernet's tokens start with a version byte of 0x80 and a time before the year 2106. */
const fernetToken = /(?<![\w-])gAAAA[\w-]{60,}={0,2}/g;
/** A user and a password in a URL. */
const userInfo = /(\b[a-z][\w+.-]*:\/\/)[^\s/@:]*:[^\s/@]*@/gi;
const shown: ReadonlySet<string> = new Set(['samovar-idempotency-key', 'samovar-secrets']);

/** Whether a value by this name is not to be shown. */
export function isSecretName(name: string): boolean {
  return !shown.has(name) && (secretName.test(name) || keyName.test(name));
}

export function redactedText(text: string): string {
  return text.replace(fernetToken, mask).replace(userInfo, `$1${mask}@`);
}

export function redactedHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, isSecretName(name) ? mask : redactedString(value)]),
  );
}

/** What a body says, with what looks secret masked. One that cannot be told apart is masked whole, or revealed as it is. */
export function redactedBody(body: string, { reveal }: { readonly reveal: boolean }): unknown {
  const parsed = parsedJson(body);
  if (reveal) return parsed === undefined ? body : parsed;
  return parsed === undefined
    ? `${mask} (${body.length} characters that are no JSON, or nested too deep)`
    : redactedValue(parsed);
}

/** A text may be JSON, too. */
function redactedString(text: string): string {
  if (!/^\s*[[{]/.test(text)) return redactedText(text);
  if (isTooDeep(text)) return mask;
  const parsed = parsedJson(text);
  return parsed === undefined ? redactedText(text) : JSON.stringify(redactedValue(parsed));
}

function redactedValue(value: unknown): unknown {
  if (typeof value === 'string') return redactedString(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(redactedValue);
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, isSecretName(name) ? mask : redactedValue(each)]),
  );
}

function parsedJson(text: string): unknown {
  if (isTooDeep(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
