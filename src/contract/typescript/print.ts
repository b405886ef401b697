/** An expression, as far as its layout matters. */
export type Code = string | CallCode | ListCode | ObjectCode;

/** `z.string().min(1)`: a call, and what is called on what it gives. */
interface CallCode {
  readonly kind: 'call';
  /** Such as `z.string`. */
  readonly callee: string;
  readonly args: readonly Code[];
  readonly then: readonly { readonly method: string; readonly args: readonly Code[] }[];
}

interface ListCode {
  readonly kind: 'list';
  readonly items: readonly Code[];
}

export interface ObjectCode {
  readonly kind: 'object';
  readonly fields: readonly { readonly key: string; readonly value: Code; readonly doc?: readonly string[] }[];
  /** One field a line, however short it is. */
  readonly isExpanded: boolean;
}

export function call(callee: string, ...args: readonly Code[]): CallCode {
  return { kind: 'call', callee, args, then: [] };
}

export function chained(code: Code, method: string, ...args: readonly Code[]): CallCode {
  if (typeof code === 'string') return { kind: 'call', callee: `${code}.${method}`, args, then: [] };
  if (code.kind !== 'call') throw new TypeError(`expected a call to go on from, got ${code.kind}`);
  return { ...code, then: [...code.then, { method, args }] };
}

const width = 120;

/**
 * The code in the layout of prettier, with single quotes and 120 columns; `indent` is that of the line it starts in, at
 * `column`, and `after` what must still have room behind it.
 */
export function print(code: Code, indent: string, column: number, after: number): string {
  const line = flat(code);
  if (line !== undefined && column + line.length + after <= width && !mustBreak(code)) return line;
  if (typeof code === 'string') return code;
  const inner = `${indent}  `;
  if (code.kind === 'call') return printCall(code, indent, column, after);
  if (code.kind === 'list') return code.items.length === 0 ? '[]' : `[\n${printItems(code.items, inner)}${indent}]`;
  const fields = code.fields.map(
    ({ key, value, doc = [] }) => `${comment(doc, inner)}${inner}${key}:${printField(value, inner, key.length + 1)},\n`,
  );
  return fields.length === 0 ? '{}' : `{\n${fields.join('')}${indent}}`;
}

function printField(value: Code, indent: string, keyLength: number): string {
  const column = indent.length + keyLength + 1;
  // A text that is too long for the line stands on its own.
  const isBelow = typeof value === 'string' && /^['"]/.test(value) && column + value.length + 1 > width;
  return isBelow ? `\n${indent}  ${value}` : ` ${print(value, indent, column, 1)}`;
}

/** As a JSDoc comment with its line break; nothing for no lines. */
export function comment(lines: readonly string[], indent: string): string {
  const text = lines
    .flatMap((line) => line.split(/\r\n|[\n\r\u2028\u2029]/))
    .map((line) => line.trim().replaceAll('*/', '*\\/'));
  if (text.length === 0) return '';
  if (text.length === 1) return `${indent}/** ${text[0]} */\n`;
  return `${indent}/**\n${text.map((line) => `${indent} * ${line}`.trimEnd() + '\n').join('')}${indent} */\n`;
}

function printItems(items: readonly Code[], indent: string): string {
  if (items.length > 1 && items.every((item) => typeof item === 'string' && /^-?[\d.]/.test(item))) {
    return filled(items as readonly string[], indent);
  }
  return items.map((item) => `${indent}${print(item, indent, indent.length, 1)},\n`).join('');
}

/** Numbers stand as many to a line as there is room for. */
function filled(items: readonly string[], indent: string): string {
  const lines: string[] = [];
  for (const item of items) {
    const last = lines.at(-1);
    if (last !== undefined && `${last} ${item},`.length <= width) lines[lines.length - 1] = `${last} ${item},`;
    else lines.push(`${indent}${item},`);
  }
  return lines.map((line) => `${line}\n`).join('');
}

function printCall(code: CallCode, indent: string, column: number, after: number): string {
  const { callee, args, then } = code;
  const links = linksOf(code);
  if (then.length === 0 || links.length === 1) {
    const [head, ...tail] = [{ method: callee, args }, ...then];
    const behind = tail.map((link) => `.${link.method}${flatArgs(link.args) ?? ''}`).join('');
    return `${printArgs(callee, head?.args ?? [], indent, column, after + behind.length)}${behind}`;
  }
  const inner = `${indent}  `;
  const start = callee.includes('.')
    ? callee.slice(0, callee.lastIndexOf('.'))
    : printArgs(callee, args, indent, column, 0);
  const rest = links.map((link, index) => {
    const room = index === links.length - 1 ? after : 0;
    return `\n${inner}${printArgs(`.${link.method}`, link.args, inner, inner.length, room)}`;
  });
  return `${start}${rest.join('')}`;
}

/** The calls that get a line each when a chain is broken. */
function linksOf({
  callee,
  args,
  then,
}: CallCode): readonly { readonly method: string; readonly args: readonly Code[] }[] {
  const dot = callee.lastIndexOf('.');
  return dot === -1 ? then : [{ method: callee.slice(dot + 1), args }, ...then];
}

function printArgs(head: string, args: readonly Code[], indent: string, column: number, after: number): string {
  const line = flatArgs(args);
  if (line !== undefined && column + head.length + line.length + after <= width) return `${head}${line}`;
  const last = args.at(-1);
  const before = args.slice(0, -1).map(flat);
  if (last !== undefined && isHugged(last) && !before.includes(undefined)) {
    const start = `${head}(${before.map((arg) => `${arg}, `).join('')}`;
    if (column + start.length < width) return `${start}${print(last, indent, width, 0)})`;
  }
  const inner = `${indent}  `;
  return `${head}(\n${args.map((arg) => `${inner}${print(arg, inner, inner.length, 1)},\n`).join('')}${indent})`;
}

/** Whether it opens on the line of the call whose last argument it is. */
function isHugged(code: Code): boolean {
  if (typeof code === 'string') return false;
  return code.kind === 'object' ? code.fields.length > 0 : code.kind === 'list' && code.items.length > 0;
}

/** On one line; undefined for what never is. */
function flat(code: Code): string | undefined {
  if (typeof code === 'string') return code;
  if (code.kind === 'call') {
    const links = [{ method: code.callee, args: code.args }, ...code.then];
    const parts = links.map(({ method, args }) => {
      const inner = flatArgs(args);
      return inner === undefined ? undefined : `${method}${inner}`;
    });
    return parts.includes(undefined) || mustBreak(code) ? undefined : parts.join('.');
  }
  if (mustBreak(code)) return undefined;
  const parts = code.kind === 'list' ? code.items.map(flat) : code.fields.map(flatField);
  if (parts.includes(undefined)) return undefined;
  const text = parts.join(', ');
  if (code.kind === 'list') return `[${text}]`;
  return parts.length === 0 ? '{}' : `{ ${text} }`;
}

function flatField({ key, value, doc }: ObjectCode['fields'][number]): string | undefined {
  const line = flat(value);
  return line === undefined || doc?.length ? undefined : `${key}: ${line}`;
}

function flatArgs(args: readonly Code[]): string | undefined {
  const parts = args.map(flat);
  return parts.includes(undefined) ? undefined : `(${parts.join(', ')})`;
}

/** What prettier breaks however short it is. */
function mustBreak(code: Code): boolean {
  if (typeof code === 'string') return false;
  if (code.kind === 'object') return code.isExpanded && code.fields.length > 0;
  if (code.kind === 'list')
    return code.items.length > 1 && (code.items.every(isLongObject) || code.items.every(isLongList));
  const all = [code.args, ...code.then.map(({ args }) => args)];
  return all.length > 2 && linksOf(code).length > 1 && !all.flat().every(isSimple);
}

const isLongObject = (code: Code) => typeof code !== 'string' && code.kind === 'object' && code.fields.length > 1;
const isLongList = (code: Code) => typeof code !== 'string' && code.kind === 'list' && code.items.length > 1;

/** What a chain of more than two calls may have as an argument and stay on its line. */
function isSimple(code: Code): boolean {
  if (typeof code !== 'string' && code.kind === 'list') return code.items.every(isSimpleWithin);
  if (typeof code !== 'string' && code.kind === 'object')
    return code.fields.every(({ value }) => isSimpleWithin(value));
  return isSimpleWithin(code);
}

function isSimpleWithin(code: Code): boolean {
  if (typeof code === 'string') return !code.startsWith('/') || code.lastIndexOf('/') <= 6;
  if (code.kind === 'list') return code.items.length === 0;
  if (code.kind === 'object') return code.fields.length === 0;
  return [code.args, ...code.then.map(({ args }) => args)].flat().every(isSimpleWithin);
}
