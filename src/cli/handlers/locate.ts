import { realpath, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { declaredHandlers, entryOf, readManifest } from './package-entry.js';

/** This package's own folder; what is installed beside it is found. By its name: sources and build differ in depth. */
const ownRoot = dirname(createRequire(import.meta.url).resolve('samovar/package.json'));

/**
 * The file of a handler module. A path is looked up in the first folder; a package from each of the folders upwards,
 * and beside samovar itself.
 * @throws Error that says what was expected, and where it was looked for.
 */
export async function locateModule(use: string, folders: readonly string[]): Promise<string> {
  if (use.startsWith('.') || isAbsolute(use)) return locatePath(resolve(folders[0] ?? '.', use));
  const [, name, rest] = /^((?:@[^/]+\/)?[^@/][^/]*)(\/.+)?$/.exec(use) ?? [];
  if (name === undefined) throw new Error('expected the name of a package, or a path that starts with "." or "/"');
  for (const folder of nodeModulesAbove(folders)) {
    const root = join(folder, name);
    if (await isFolder(root)) return locateInPackage(root, rest === undefined ? '.' : `.${rest}`);
  }
  const file = resolve(folders[0] ?? '.', use);
  const hint = (await kindOf(file)) ? `; for ${file} write ./${use}` : '';
  throw new Error(`expected package ${name} to be installed, found it neither from ${among(folders)}${hint}`);
}

function among(folders: readonly string[]): string {
  return `${[...new Set(folders)].join(' nor from ')} upwards, nor beside samovar`;
}

/** The folders that Node looks for packages in, from each of `folders` and from samovar itself, the nearest first. */
export function nodeModulesAbove(folders: readonly string[]): string[] {
  const found = new Set<string>();
  for (const start of [...folders, dirname(ownRoot)]) {
    for (let at = resolve(start), below = ''; at !== below; below = at, at = dirname(at)) {
      if (basename(at) !== 'node_modules') found.add(join(at, 'node_modules'));
    }
  }
  return [...found];
}

/** The file of the package in `root`: what its package.json names as its handlers, else what it exports. */
export async function locateInPackage(root: string, subpath: string): Promise<string> {
  const manifest = await readManifest(root).catch((cause: unknown) => {
    throw new Error(`expected JSON in ${join(root, 'package.json')}`, { cause });
  });
  const declared = subpath === '.' ? declaredHandlers(manifest) : undefined;
  if (declared !== undefined && typeof declared !== 'string') {
    throw new Error(
      `expected "samovar": {"handlers": …} in ${join(root, 'package.json')} to be the path of a file, got ${JSON.stringify(declared)}`,
    );
  }
  const file = declared === undefined ? entryOf(root, manifest, subpath) : join(root, declared);
  if (file === undefined) {
    const what = subpath === '.' ? 'have a main file' : `export ${subpath}`;
    throw new Error(`expected the package in ${root} to ${what}, or to name its handlers in package.json`);
  }
  return locateFile(file, 'is the package built?');
}

async function locatePath(path: string): Promise<string> {
  if (await isFolder(path)) return locateInPackage(path, '.');
  return locateFile(path, 'write its name with the extension');
}

async function locateFile(file: string, hint: string): Promise<string> {
  if ((await kindOf(file)) !== 'file') throw new Error(`expected a file at ${file}, there is none; ${hint}`);
  // Through links, as Node does: one file is one module.
  return realpath(file);
}

async function isFolder(path: string): Promise<boolean> {
  return (await kindOf(path)) === 'folder';
}

async function kindOf(path: string): Promise<'file' | 'folder' | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (!found) return undefined;
  return found.isDirectory() ? 'folder' : 'file';
}
