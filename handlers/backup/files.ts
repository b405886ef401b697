import { lstat, open } from 'node:fs/promises';

/** Whether there is anything of that name, a symbolic link that leads nowhere included. */
export async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Has the content of a file, or the names in a folder, on the disk. */
export async function sync(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

export function isMissing(error: unknown): boolean {
  return hasCode(error, 'ENOENT', 'ENOTDIR');
}

/** From a write of ours, or in the words of tar. */
export function isNoSpace(error: unknown): boolean {
  return (
    hasCode(error, 'ENOSPC', 'EDQUOT') ||
    (error instanceof Error && /No space left on device|Disk quota exceeded/.test(error.message))
  );
}

export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
