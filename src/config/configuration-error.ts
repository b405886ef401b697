/**
 * A setting that is wrong: the message says which and where (`file:line:column`), what was expected, what was got, and
 * what to do; one line for each where there are several. It shows no password.
 */
export class ConfigurationError extends Error {
  override readonly name: string = 'ConfigurationError';
  /** Each wrong setting by itself. */
  readonly problems: readonly string[];

  constructor(problems: string | readonly string[], options?: ErrorOptions) {
    const each = typeof problems === 'string' ? [problems] : problems;
    super(each.join('\n'), options);
    this.problems = each;
  }
}
