import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ConfigurationError } from './configuration-error.js';

/** Where files are looked for that nobody names. */
export const usualPlaces = ['/etc/samovar/samovar.yml', '/etc/cyberfusion/rabbitmq.yml', './samovar.yml'] as const;

/**
 * The absolute path of the configuration file: the one that is named, else by SAMOVAR_CONFIG or CONFIG_FILE_PATH, else
 * the first there is of `places`.
 * @throws ConfigurationError with the places looked at.
 */
export async function findConfiguration(
  named: string | undefined,
  { env, cwd, places = usualPlaces }: { env: NodeJS.ProcessEnv; cwd: string; places?: readonly string[] },
): Promise<string> {
  // An empty variable is how a drop-in takes one back.
  const chosen = [named, env['SAMOVAR_CONFIG'], env['CONFIG_FILE_PATH']].find(
    (path) => path !== undefined && path !== '',
  );
  if (chosen !== undefined) return resolve(cwd, chosen);
  for (const place of places) {
    const path = resolve(cwd, place);
    if (await exists(path)) return path;
  }
  throw new ConfigurationError(
    `expected a configuration file, got none at ${places.join(', ')}; ` +
      'name one with --config, SAMOVAR_CONFIG or CONFIG_FILE_PATH, or a broker with --url',
  );
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
