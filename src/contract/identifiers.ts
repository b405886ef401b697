/** Words that no language of ours takes for a name. */
const reserved: ReadonlySet<string> = new Set([
  ...['break', 'case', 'catch', 'class', 'const', 'continue', 'debugger', 'default', 'delete', 'do', 'else', 'enum'],
  ...['export', 'extends', 'false', 'finally', 'for', 'function', 'if', 'import', 'in', 'instanceof', 'new', 'null'],
  ...['return', 'super', 'switch', 'this', 'throw', 'true', 'try', 'typeof', 'var', 'void', 'while', 'with', 'yield'],
  ...['await', 'implements', 'interface', 'let', 'package', 'private', 'protected', 'public', 'static'],
  ...['arguments', 'eval', 'globalThis', 'undefined'],
]);

/** The name of an action as TypeScript names things: `dx_example` is `dxExample`. */
export function identifierOf(name: string): string {
  const joined = name.replaceAll(/[^A-Za-z0-9]+([A-Za-z0-9])?/g, (_match, next: string | undefined, at: number) =>
    at === 0 ? (next ?? '') : (next ?? '').toUpperCase(),
  );
  return joined === '' || /^\d/.test(joined) || reserved.has(joined) ? `_${joined}` : joined;
}
