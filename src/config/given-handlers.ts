import type { HandlerReference, VirtualHost } from './settings.js';
import type { ConfigurationSources } from './sources.js';

/** The handler modules that the command line names, else those of SAMOVAR_HANDLERS (a list with commas). */
export function givenHandlers({ handlers, env, cwd }: ConfigurationSources): VirtualHost['handlers'] {
  const isOnCommandLine = handlers !== undefined && handlers.length > 0;
  const named = isOnCommandLine ? handlers : (env['SAMOVAR_HANDLERS'] ?? '').split(',').map((name) => name.trim());
  const place = isOnCommandLine ? '--handlers' : 'SAMOVAR_HANDLERS';
  const names = named.filter((name) => name !== '');
  if (names.length === 1 && names[0] === 'auto') return 'auto';
  return names.map((use): HandlerReference => ({ use, folder: cwd, settings: undefined, locate: () => place }));
}
