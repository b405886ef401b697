import { readFile, readdir, readlink } from 'node:fs/promises';

/** What Linux tells of a process (proc(5)). */
export interface ProcessLook {
  readonly residentMib: number;
  /** What nobody else has: it would be free again if the process ended. */
  readonly privateMib: number;
  readonly threads: number;
  /** TCP connections that stand. */
  readonly connections: number;
}

export async function lookAtProcess(pid: number): Promise<ProcessLook> {
  const memory = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  const mib = (name: string) => Number(new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(memory)?.[1]) / 1_024;
  return {
    residentMib: mib('Rss'),
    privateMib: mib('Private_Clean') + mib('Private_Dirty'),
    threads: (await readdir(`/proc/${pid}/task`)).length,
    connections: await connectionsOf(pid),
  };
}

async function connectionsOf(pid: number): Promise<number> {
  const fds = await readdir(`/proc/${pid}/fd`);
  const targets = await Promise.all(fds.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')));
  const own = new Set(targets.map((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1]));
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readFile(`/proc/${pid}/net/${name}`, 'utf8')));
  const rows = tables
    .join('\n')
    .split('\n')
    .map((line) => line.trim().split(/ +/));
  // 01 is ESTABLISHED.
  return rows.filter(({ 3: state, 9: inode }) => state === '01' && own.has(inode)).length;
}
