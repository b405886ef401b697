import { ConfigurationError } from '../config/configuration-error.js';

/**
 * Loads what stands on an optional peer dependency.
 * @throws ConfigurationError if that package is not installed.
 */
export async function importPeer<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const isMissing =
      cause instanceof Error &&
      'code' in cause &&
      cause.code === 'ERR_MODULE_NOT_FOUND' &&
      cause.message.includes(`'${name}'`);
    if (!isMissing) throw cause;
    throw new ConfigurationError(`expected the package ${name} to be installed: npm install ${name}`, { cause });
  }
}
