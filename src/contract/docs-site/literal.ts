/** Stands for a piece of code within a value. */
export class Expression {
  readonly code: string;

  constructor(code: string) {
    this.code = code;
  }
}

type Language = 'json' | 'python' | 'typescript';

const words = {
  json: ['true', 'false', 'null'],
  typescript: ['true', 'false', 'null'],
  python: ['True', 'False', 'None'],
} as const;

/** A JSON value as the language writes it, in lines of its own where it is long; `indent` is that of its first line. */
export function literal(value: unknown, language: Language, indent = ''): string {
  const inner = `${indent}${language === 'typescript' ? '  ' : language === 'python' ? '    ' : '  '}`;
  if (value instanceof Expression) return value.code;
  if (typeof value === 'boolean' || value === null) return words[language][value === null ? 2 : value ? 0 : 1];
  if (typeof value === 'string') return quoted(value, language);
  if (typeof value !== 'object') return JSON.stringify(value);
  const isList = Array.isArray(value);
  const parts = isList
    ? value.map((item) => literal(item, language, inner))
    : Object.entries(value).map(([key, item]) => `${keyOf(key, language)}: ${literal(item, language, inner)}`);
  const [open, close] = isList ? ['[', ']'] : ['{', '}'];
  const room = language === 'typescript' && !isList ? ' ' : '';
  const line = `${open}${room}${parts.join(', ')}${room}${close}`;
  if (parts.length === 0) return `${open}${close}`;
  if ((language !== 'json' || isList) && line.length + indent.length <= 72 && !line.includes('\n')) return line;
  const trailing = language === 'json' ? '' : ',';
  return `${open}\n${parts.map((part) => `${inner}${part}`).join(',\n')}${trailing}\n${indent}${close}`;
}

function quoted(text: string, language: Language): string {
  const json = JSON.stringify(text);
  if (language !== 'typescript' || text.includes("'")) return json;
  return `'${json.slice(1, -1).replaceAll('\\"', '"')}'`;
}

function keyOf(key: string, language: Language): string {
  if (language !== 'typescript') return JSON.stringify(key);
  // A key of that name, written as it is, would set the prototype.
  if (key === '__proto__') return "['__proto__']";
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : quoted(key, language);
}
