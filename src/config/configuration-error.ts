/**
 * A setting that is wrong: the message says which and where (`file:line:column`), what was expected, what was got, and
 * what to do. It shows no password.
 */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}
