import type { TransportStatus } from '../../../src/index.js';
import type { FailpointName } from '../../support/failpoint.js';
import { runScript, type ScriptProcess } from '../../support/process.js';

export interface WorkerSettings {
  readonly url: string;
  readonly address: string | readonly string[];
  /** The effects file that it writes to, if any. */
  readonly effects?: string | undefined;
  readonly concurrency?: number;
  readonly maxWaiting?: number;
  readonly drainMs?: number;
  readonly heartbeatMs?: number;
  /** False: requests that ask to be held are not. */
  readonly holds?: boolean;
  /** What a held run does when its signal aborts. */
  readonly ending?: 'obeys' | 'ignores';
  readonly onCrash?: 'retry' | 'park';
  readonly maxStarts?: number;
  /** Where it keeps locks and answers; by default in itself. */
  readonly redis?: RedisPlace;
  /** Where it kills itself, at the second request. */
  readonly killAt?: FailpointName;
  /** How much memory its heap may take; then it crashes. */
  readonly heapMb?: number;
  /** A resource that each run writes to, with its fence; see resource.ts. */
  readonly resourceUrl?: string;
}

export interface RedisPlace {
  readonly url: string;
  readonly namespace: string;
  /** Of claims and locks alike; by default theirs. */
  readonly leaseMs?: number;
}

export interface WorkerReport {
  /** Handlers started. */
  readonly starts: number;
  readonly inFlight: number;
  readonly running: number;
  readonly waiting: number;
  readonly counters: Readonly<Record<string, number>>;
  readonly transportCounters: Readonly<Record<string, number>>;
  readonly status: TransportStatus;
  /** After a full garbage collection. */
  readonly heapBytes: number;
  /** What somebody has added to Object.prototype. */
  readonly foreignKeys: readonly string[];
}

/** A worker in a process of its own; SIGTERM ends it as an operator would. */
export interface WorkerProcess {
  readonly child: ScriptProcess;
  readonly pid: number;
  report(): Promise<WorkerReport>;
  /** Ends the runs that are held, now and from now on. */
  goOn(): void;
}

/** Starts `worker.ts`; resolves once it consumes its addresses. */
export async function startWorker(settings: WorkerSettings): Promise<WorkerProcess> {
  const child = runScript(new URL('worker.ts', import.meta.url), {
    args: [JSON.stringify(settings)],
    nodeOptions: ['--expose-gc', ...(settings.heapMb === undefined ? [] : [`--max-old-space-size=${settings.heapMb}`])],
  });
  await child.waitForLine(/^ready$/);
  let reports = 0;
  return {
    child,
    pid: child.pid,
    async report() {
      const question = `report ${(reports += 1)}`;
      child.writeLine(question);
      const line = await child.waitForLine(`${question}: `);
      return JSON.parse(line.slice(question.length + 2)) as WorkerReport;
    },
    goOn: () => child.writeLine('go on'),
  };
}
