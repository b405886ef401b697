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
    Object.entries(headers).map(([name, value]) => [name, isSecretName(name) ? mask : redactedText(value)]),
  );
}

/** What a body says, with what looks secret masked. One that is no JSON cannot be told apart: only its length is shown. */
export function redactedBody(body: string, { reveal }: { readonly reveal: boolean }): unknown {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return reveal ? body : `${mask} (${body.length} characters that are no JSON)`;
  }
  return reveal ? parsed : redactedValue(parsed);
}

/** Deeper is masked whole: a sender may nest as deep as a body is long. */
const deepest = 100;

function redactedValue(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactedText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= deepest) return mask;
  if (Array.isArray(value)) return value.map((each) => redactedValue(each, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, isSecretName(name) ? mask : redactedValue(each, depth + 1)]),
  );
}
