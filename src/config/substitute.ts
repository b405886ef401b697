import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Path } from './places.js';
import type { Problem } from './problems.js';
import { isPathOfFile, isSecret } from './secret-paths.js';
import { expandVariables } from './variables.js';

export interface Substituted {
  /**
   * The content with its variables replaced, and what files hold in the place of their paths; as it was written where
   * there is a problem.
   */
  readonly value: unknown;
  readonly problems: readonly Problem[];
  readonly warnings: readonly { readonly path: Path; readonly text: string }[];
  /** Secrets that stand in the configuration file itself. */
  readonly plainSecrets: readonly Path[];
}

/** Replaces `${VARIABLE}` everywhere, `file:/path` in secrets, and the paths of certificates. */
export async function substitute(
  content: unknown,
  { folder, env }: { readonly folder: string; readonly env: NodeJS.ProcessEnv },
): Promise<Substituted> {
  const problems: Problem[] = [];
  const warnings: { path: Path; text: string }[] = [];
  const plainSecrets: Path[] = [];

  async function visit(value: unknown, path: Path, ancestors: ReadonlySet<unknown>): Promise<unknown> {
    if (typeof value === 'string') return await visitText(value, path);
    if (typeof value !== 'object' || value === null) return value;
    if (ancestors.has(value)) {
      problems.push({ path, expected: 'an alias of something else', got: 'one of what it stands in' });
      return undefined;
    }
    const within = new Set([...ancestors, value]);
    if (Array.isArray(value)) {
      const items: unknown[] = [];
      for (const [index, item] of value.entries()) items.push(await visit(item, [...path, index], within));
      return items;
    }
    const entries: [string, unknown][] = [];
    for (const [key, item] of Object.entries(value)) {
      // Zod passes over the one; no URL and no broker takes the other.
      if (key === '__proto__' || isBroken(key)) {
        problems.push({ path: [...path, key], at: 'key', expected: 'another name', got: 'one that cannot be used' });
      }
      entries.push([key, await visit(item, [...path, key], within)]);
    }
    return Object.fromEntries(entries);
  }

  async function visitText(written: string, path: Path): Promise<unknown> {
    const expanded = expandVariables(written, env);
    if (!('text' in expanded)) {
      problems.push({ path, ...expanded });
      return written;
    }
    const { text } = expanded;
    if (isBroken(text)) problems.push({ path, expected: 'text', got: 'one half of a surrogate pair' });
    if (isPathOfFile(path)) return (await contentOf(resolve(folder, text), path)) ?? written;
    if (!isSecret(path)) return text;
    if (!text.startsWith('file:')) {
      if (text === written) plainSecrets.push(path);
      return text;
    }
    if (!text.startsWith('file:/')) {
      problems.push({ path, expected: 'file: followed by an absolute path', got: 'another path' });
      return written;
    }
    const file = text.slice('file:'.length);
    const secret = await contentOf(file, path);
    if (await othersMayRead(file)) warnings.push({ path, text: `${file} can be read by everybody; chmod o-r it` });
    return secret?.replace(/\r?\n$/, '') ?? written;
  }

  async function contentOf(file: string, path: Path): Promise<string | undefined> {
    try {
      return await readFile(file, 'utf8');
    } catch (error) {
      problems.push({ path, expected: 'a file that can be read', got: reasonOf(error, file) });
      return undefined;
    }
  }

  return { value: await visit(content, [], new Set()), problems, warnings, plainSecrets };
}

/** Whether it has half a surrogate pair in it, which an escape like "\\ud800" makes. */
function isBroken(text: string): boolean {
  return /\p{Surrogate}/u.test(text);
}

/** Whether users beside its owner and group may read `file`. */
export async function othersMayRead(file: string): Promise<boolean> {
  try {
    return ((await stat(file)).mode & 0o004) !== 0;
  } catch {
    return false;
  }
}

/** Why `file` cannot be read, in words. */
export function reasonOf(error: unknown, file: string): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return `none at ${file}; mend the path`;
  if (code === 'EACCES') return `no permission to read ${file}; let this user read it`;
  if (code === 'EISDIR') return `the folder ${file}; name a file in it`;
  return `${file}: ${error instanceof Error ? error.message : String(error)}`;
}
