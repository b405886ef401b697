import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { isRecord } from '../../core/reply.js';

/** What `import` of Node asks for; `createRequire` would ask for `require`, which many packages do not offer. */
const conditions: ReadonlySet<string> = new Set(['node', 'import', 'default']);

/** Its package.json; undefined where the folder holds none. @throws SyntaxError if that is no JSON. */
export async function readManifest(root: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  let text: string;
  try {
    text = await readFile(join(root, 'package.json'), 'utf8');
  } catch {
    return undefined;
  }
  const manifest: unknown = JSON.parse(text);
  return isRecord(manifest) ? manifest : undefined;
}

/** What the manifest says under `"samovar": {"handlers": …}`. */
export function declaredHandlers(manifest: Readonly<Record<string, unknown>> | undefined): unknown {
  const samovar = manifest?.['samovar'];
  return isRecord(samovar) ? samovar['handlers'] : undefined;
}

/**
 * The file that Node would import for `subpath` (`.` or `./…`) of the package in `root`; undefined if the package does
 * not export it. By the rules of Node's documentation, "Modules: Packages", package entry points.
 */
export function entryOf(
  root: string,
  manifest: Readonly<Record<string, unknown>> | undefined,
  subpath: string,
): string | undefined {
  const exported = manifest?.['exports'];
  if (exported !== undefined && exported !== null) {
    const target = exportedTarget(exported, subpath);
    return target === undefined ? undefined : join(root, target);
  }
  try {
    // Without `exports`: `main`, `index.js`, or the file itself.
    return createRequire(join(root, 'package.json')).resolve(join(root, subpath));
  } catch {
    return undefined;
  }
}

function exportedTarget(exported: unknown, subpath: string): string | undefined {
  const paths = isRecord(exported) && Object.keys(exported).some((key) => key.startsWith('.')) ? exported : undefined;
  if (!paths) return subpath === '.' ? targetOf(exported) : undefined;
  if (Object.hasOwn(paths, subpath)) return targetOf(paths[subpath]);
  const patterns = Object.keys(paths)
    .filter((key) => key.includes('*'))
    .sort((a, b) => b.indexOf('*') - a.indexOf('*'));
  for (const pattern of patterns) {
    const [before = '', after = ''] = pattern.split('*');
    if (subpath.length < pattern.length || !subpath.startsWith(before) || !subpath.endsWith(after)) continue;
    const matched = subpath.slice(before.length, subpath.length - after.length);
    return targetOf(paths[pattern])?.replaceAll('*', () => matched);
  }
  return undefined;
}

function targetOf(target: unknown): string | undefined {
  if (typeof target === 'string') return target;
  if (!isRecord(target)) return undefined;
  for (const [condition, inner] of Object.entries(target)) {
    const found = conditions.has(condition) ? targetOf(inner) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}
