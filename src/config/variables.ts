const pattern = /\$\$\{|\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}|\$\{/g;

export type Expanded = { readonly text: string } | { readonly expected: string; readonly got: string };

/**
 * Replaces `${NAME}` and, with a default for a variable that is not set or empty, `${NAME:-default}`. `$${` is a plain
 * `${`.
 */
export function expandVariables(text: string, env: NodeJS.ProcessEnv): Expanded {
  let problem: { readonly expected: string; readonly got: string } | undefined;
  const expanded = text.replaceAll(pattern, (found: string, name?: string, otherwise?: string) => {
    if (found === '$${') return '${';
    if (name === undefined) {
      problem ??= {
        expected: '${NAME} or ${NAME:-default}',
        got: 'a ${ that does not start one; write $${ for a plain ${',
      };
      return '';
    }
    const value = env[name];
    if (otherwise !== undefined) return value === undefined || value === '' ? otherwise : value;
    if (value === undefined) {
      problem ??= {
        expected: `the environment variable ${name}`,
        got: `none of that name; set it, or write \${${name}:-default}`,
      };
    }
    return value ?? '';
  });
  return problem ?? { text: expanded };
}
