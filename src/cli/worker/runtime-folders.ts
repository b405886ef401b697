import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** Below it systemd makes a folder for each instance of `samovar@.service`. */
export const systemFolder = '/run/samovar';

/** Where a worker puts its health socket: in a folder that is its user's alone. */
export function runtimeFolder(env: NodeJS.ProcessEnv): string {
  const [ofUnit] = (env['RUNTIME_DIRECTORY'] ?? '').split(':');
  if (ofUnit) return ofUnit;
  return foldersOfUser(env)[0];
}

/** Where workers of this user put theirs, with or without a session. */
export function foldersOfUser(env: NodeJS.ProcessEnv): [string, ...string[]] {
  const ofSession = env['XDG_RUNTIME_DIR'] ?? '';
  const shared = join(tmpdir(), `samovar-${process.getuid?.() ?? 'user'}`);
  return isAbsolute(ofSession) ? [join(ofSession, 'samovar'), shared] : [shared];
}

const socketName = /^(\d+)\.sock$/;

export function socketNameOf(pid: number): string {
  return `${pid}.sock`;
}

/** The process that made a socket; undefined for another name. */
export function pidOfSocket(name: string): number | undefined {
  const pid = socketName.exec(name)?.[1];
  return pid === undefined ? undefined : Number(pid);
}
