import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationError } from '../../config/configuration-error.js';
import type { HandlerReference } from '../../config/settings.js';
import { nodeModulesAbove } from './locate.js';
import { declaredHandlers, readManifest } from './package-entry.js';

/**
 * The installed packages that name handlers in their package.json, in the order of their names; of several that are
 * called the same, the nearest one.
 * @throws ConfigurationError with the folders looked at, if there is none.
 */
export async function installedPackages(folders: readonly string[]): Promise<HandlerReference[]> {
  const lookedAt = nodeModulesAbove(folders);
  const roots = new Map<string, string>();
  for (const folder of lookedAt) {
    for (const name of await packagesIn(folder)) if (!roots.has(name)) roots.set(name, join(folder, name));
  }
  const giving = await Promise.all([...roots].map(async ([use, root]) => ((await hasHandlers(root)) ? [use] : [])));
  const found = giving.flat().sort();
  if (found.length > 0) return found.map((use) => referenceTo(use, roots.get(use) ?? ''));
  throw new ConfigurationError(
    `expected handlers: auto to find a package with "samovar": {"handlers": "./…"} in its package.json, found none in ${lookedAt.join(', ')}`,
  );
}

async function hasHandlers(root: string): Promise<boolean> {
  // What is no package, or a broken one, gives no handlers.
  const manifest = await readManifest(root).catch(() => undefined);
  return declaredHandlers(manifest) !== undefined;
}

function referenceTo(use: string, root: string): HandlerReference {
  return { use, folder: root, settings: undefined, locate: () => `handlers: auto, ${root}` };
}

async function packagesIn(folder: string): Promise<string[]> {
  const names = await namesIn(folder);
  const scoped = names
    .filter((name) => name.startsWith('@'))
    .map(async (scope) => (await namesIn(join(folder, scope))).map((name) => `${scope}/${name}`));
  return [...names.filter((name) => !name.startsWith('@')), ...(await Promise.all(scoped)).flat()];
}

async function namesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => !name.startsWith('.'));
}
