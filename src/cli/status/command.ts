import type { Command } from 'commander';
import { systemClock, type Clock } from '../../core/clock.js';
import type { CommandParts } from '../command-parts.js';
import { exitCodes } from '../exit-codes.js';
import { systemFolder } from '../worker/runtime-folders.js';
import type { HealthDocument } from '../worker/health-document.js';
import { askWorker } from './ask.js';
import { findSockets, type FoundSockets } from './find-sockets.js';
import { problemRow, rowsOf, tableOf } from './rows.js';

export interface StatusOptions {
  readonly socket?: string;
  readonly vhost?: string;
  readonly json?: boolean;
}

export interface StatusParts extends Pick<CommandParts, 'terminal' | 'env'> {
  readonly clock: Clock;
  /** Below it systemd makes a folder for each worker. */
  readonly systemFolder: string;
}

const help = `
Asks the workers of this user, and those that systemd runs (below ${systemFolder}: as root), one row for each virtual
host. Red is what does not serve: not connected, not consuming, refused or blocked by the broker, handlers that ignore
their signal, no request ended for five minutes while no more fit in, a configured Redis that is away or refuses its
work, a worker that does not answer within 5 s.

Exit codes, for monitoring:
  0   all green
  1   something is red; its row says why
  69  no worker was found, or none that serves --vhost

Examples:
  $ samovar status
  $ samovar status --vhost trees --json`;

export function defineCommand(command: Command, parts: CommandParts): void {
  command
    .option('--socket <path>', 'ask the worker with this health socket only')
    .option('--virtual-host-name, --vhost <name>', 'this virtual host only')
    .option('--json', 'print what the workers answer, as JSON')
    .addHelpText('after', help)
    .action(async (options: StatusOptions) => {
      const { terminal, env } = parts;
      parts.exitWith(await runStatus(options, { terminal, env, clock: systemClock, systemFolder }));
    });
}

/** What one socket, or one folder that could not be looked into, gave. */
interface Finding {
  readonly place: string;
  readonly pid?: number;
  readonly health?: HealthDocument;
  readonly problem?: string;
}

/** Resolves to the exit code. */
export async function runStatus(
  { socket, vhost, json }: StatusOptions,
  { terminal, ...parts }: StatusParts,
): Promise<number> {
  const findings = (await findingsOf(socket, parts)).flatMap((finding) => only(vhost, finding));
  const rows = findings.flatMap(({ place, pid, health, problem }) =>
    health ? rowsOf(health) : [problemRow(pid, `${place} ${problem}`)],
  );
  if (json) terminal.write(JSON.stringify(findings, null, 2));
  else if (rows.length > 0) for (const line of tableOf(rows, parts.clock.now(), terminal.paint)) terminal.write(line);
  if (rows.length === 0) {
    const which = `${vhost === undefined ? '' : ` that serves ${vhost}`}${socket === undefined ? '' : ` at ${socket}`}`;
    terminal.writeError(`samovar: no worker${which} was found; workers of other users are found as root only`);
    return exitCodes.unavailable;
  }
  return rows.every(({ red }) => red.length === 0) ? exitCodes.ok : exitCodes.failed;
}

async function findingsOf(
  socket: string | undefined,
  { env, clock, systemFolder: folder }: Omit<StatusParts, 'terminal'>,
): Promise<readonly Finding[]> {
  const found: FoundSockets =
    socket === undefined ? await findSockets(env, folder) : { sockets: [{ place: socket }], closed: [] };
  const asked = await Promise.all(
    found.sockets.map(async (at): Promise<Finding[]> => {
      const answer = await askWorker(at.place, clock);
      if (answer.kind === 'gone') return [];
      return [answer.kind === 'health' ? { ...at, health: answer.document } : { ...at, problem: answer.problem }];
    }),
  );
  return [...asked.flat(), ...found.closed];
}

/** What there is to say about one virtual host; a worker that does not answer may be the one that serves it. */
function only(virtualHost: string | undefined, finding: Finding): readonly Finding[] {
  if (virtualHost === undefined) return [finding];
  const { health, pid } = finding;
  if (!health) return pid === undefined ? [] : [finding];
  const virtualHosts = health.virtualHosts.filter(({ name }) => name === virtualHost);
  return virtualHosts.length === 0 ? [] : [{ ...finding, health: { ...health, virtualHosts } }];
}
