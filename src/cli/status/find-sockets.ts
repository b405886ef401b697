import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { foldersOfUser, pidOfSocket } from '../worker/runtime-folders.js';

export interface FoundSockets {
  readonly sockets: readonly { readonly place: string; readonly pid?: number }[];
  /** Folders that this user may not look into, each with why. */
  readonly closed: readonly { readonly place: string; readonly problem: string }[];
}

/** The health sockets of this user's workers, and of those that systemd runs: below `systemFolder`. */
export async function findSockets(env: NodeJS.ProcessEnv, systemFolder: string): Promise<FoundSockets> {
  const sockets: FoundSockets['sockets'][number][] = [];
  const closed: FoundSockets['closed'][number][] = [];

  async function namesIn(folder: string): Promise<readonly string[]> {
    try {
      return await readdir(folder);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'ENOTDIR') {
        closed.push({ place: folder, problem: `cannot be looked into (${code}); ask as its user, or as root` });
      }
      return [];
    }
  }

  const instances = (await namesIn(systemFolder)).map((name) => join(systemFolder, name));
  for (const folder of new Set([...foldersOfUser(env), ...instances])) {
    for (const name of await namesIn(folder)) {
      const pid = pidOfSocket(name);
      if (pid !== undefined) sockets.push({ place: join(folder, name), pid });
    }
  }
  return { sockets, closed };
}
