/** Python's keywords, and what a field of a model must not be called: it would hide what the model itself has. */
const reserved: ReadonlySet<string> = new Set([
  ...['False', 'None', 'True', 'and', 'as', 'assert', 'async', 'await', 'break', 'class', 'continue', 'def', 'del'],
  ...['elif', 'else', 'except', 'finally', 'for', 'from', 'global', 'if', 'import', 'in', 'is', 'lambda', 'nonlocal'],
  ...['not', 'or', 'pass', 'raise', 'return', 'try', 'while', 'with', 'yield', 'match', 'case', 'type', 'print'],
  ...['Config', 'construct', 'copy', 'dict', 'fields', 'from_orm', 'json', 'parse_file', 'parse_obj', 'parse_raw'],
  ...['mro', 'register'],
  ...[
    'schema',
    'schema_json',
    'update_forward_refs',
    'validate',
    'Any',
    'Dict',
    'Field',
    'List',
    'Literal',
    'Optional',
  ],
  ...['Tuple', 'Union', 'SecretStr', 'StrictBool', 'StrictInt', 'StrictStr', 'confloat', 'conint', 'constr', 'list_of'],
  ...['str', 'int', 'float', 'bool', 'self', 'Model', 'OpenModel', 'Action', 'models', 'Client', 'RpcError', 'client'],
]);

/** A name that Python takes, as near to the given one as may be. */
export function pythonName(name: string): string {
  const plain = name.replaceAll(/[^A-Za-z0-9_]/g, '_').replace(/^_+/, '');
  const started = plain === '' ? 'field' : /^\d/.test(plain) ? `field_${plain}` : plain;
  return reserved.has(started) || started.startsWith('model_') ? `${started}_` : started;
}

/** A JSON value as Python writes it, on one line. */
export function pythonLiteral(value: unknown): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(pythonLiteral).join(', ')}]`;
  return `{${Object.entries(value)
    .map(([key, inner]) => `${JSON.stringify(key)}: ${pythonLiteral(inner)}`)
    .join(', ')}}`;
}

/** A docstring; what would end it is escaped, and what no source of Python may hold is left out. */
export function docstring(text: string, indent: string): string {
  const lines = text
    .replaceAll('\0', '')
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .map((line) => line.trim().replaceAll('\\', '\\\\').replaceAll('"', '\\"'));
  if (lines.length === 1) return `${indent}"""${lines[0]}"""\n`;
  const [first, ...rest] = lines;
  return `${indent}"""${first}\n${rest.map((line) => `${line === '' ? '' : indent}${line}\n`).join('')}${indent}"""\n`;
}
