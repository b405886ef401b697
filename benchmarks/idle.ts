import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ScriptProcess } from '../test/support/process.js';
import { createBrokerAdmin, type VirtualHost } from '../test/support/rabbitmq-admin.js';
import type { MeasureGroup, Table } from './group.js';
import { lookAtProcess, type ProcessLook } from './idle-process.js';
import { nodeWith, workerOf, type Subject } from './idle-subjects.js';
import { measureStartUp } from './start-up.js';
import { median } from './statistics.js';

/** How a process was when it was ready, and after it has had nothing to do for a while. */
interface Idle extends ProcessLook {
  readonly readyMs: number;
  readonly firstMib: number;
}

/** An idle worker of one, twenty and two hundred virtual hosts beside an idle Node, and how fast commands start. */
export const measureIdle: MeasureGroup = async ({ url, managementUrl, quick, write }) => {
  write('start-up of commands');
  const startUp = measureStartUp(quick ? 5 : 10);
  const counts = quick ? [1, 20] : [1, 20, 200];
  const rounds = quick ? 1 : 3;
  // V8 gives back what a start leaves behind once little has been allocated for a while: 15 to 45 s later.
  const idleMs = quick ? 2_000 : 60_000;
  const admin = createBrokerAdmin(url, managementUrl);
  const folder = await mkdtemp(join(tmpdir(), 'samovar-idle-'));
  const hosts: VirtualHost[] = [];
  try {
    for (let made = 0; made < Math.max(...counts); made++) hosts.push(await admin.createVirtualHost());
    const names = hosts.map(({ name }) => name);
    const workers = counts.map((count) => workerOf(names.slice(0, count), { url, folder }));
    const measured = new Map<Subject, Idle[]>();
    for (const subject of [nodeWith(), nodeWith('amqplib', 'zod'), ...workers]) measured.set(subject, []);
    for (let round = 1; round <= rounds; round++) {
      await measureRound(measured, idleMs, (line) => write(`round ${round} of ${rounds}: ${line}`));
    }
    return [tableOf(measured, `medians of ${rounds}, ${idleMs / 1_000} s after it is ready`), startUp];
  } finally {
    for (const { name } of hosts) await admin.deleteVirtualHost(name);
    await rm(folder, { recursive: true });
  }
};

/** They start one after the other, and are idle together. */
async function measureRound(
  measured: ReadonlyMap<Subject, Idle[]>,
  idleMs: number,
  write: (line: string) => void,
): Promise<void> {
  const running: ScriptProcess[] = [];
  try {
    const looks: (() => Promise<unknown>)[] = [];
    for (const [{ name, start, isReady }, found] of measured) {
      write(`${name} starts`);
      const startedMs = performance.now();
      const subject = start();
      running.push(subject);
      await isReady(subject);
      const readyMs = performance.now() - startedMs;
      const { residentMib: firstMib } = await lookAtProcess(subject.pid);
      looks.push(async () => found.push({ readyMs, firstMib, ...(await lookAtProcess(subject.pid)) }));
    }
    write(`all are idle for ${idleMs / 1_000} s`);
    await delay(idleMs);
    for (const look of looks) await look();
  } finally {
    for (const subject of running) subject.kill('SIGTERM');
    await Promise.all(running.map(({ exited }) => exited));
  }
}

function tableOf(measured: ReadonlyMap<Subject, readonly Idle[]>, when: string): Table {
  const rows = [...measured].map(([subject, found]) => {
    const medianOf = (name: keyof Idle) => median(found.map((idle) => idle[name]));
    return { ...subject, medianOf, residentMib: medianOf('residentMib') };
  });
  const one = rows.find(({ virtualHosts }) => virtualHosts === 1);
  return {
    title: 'Idle',
    note:
      `Resident and private memory: ${when}; "first MiB" is what is resident at that moment, "each more MiB" what a ` +
      'virtual host beyond the first adds. The worker has the example handlers, on one RabbitMQ.',
    columns: [
      ...['process', 'ready ms', 'first MiB', 'resident MiB', 'private MiB', 'each more MiB'],
      ...['threads', 'connections'],
    ],
    rows: rows.map(({ name, virtualHosts, medianOf, residentMib }) => [
      name,
      medianOf('readyMs'),
      medianOf('firstMib'),
      residentMib,
      medianOf('privateMib'),
      one && virtualHosts > 1 ? (residentMib - one.residentMib) / (virtualHosts - 1) : '',
      medianOf('threads'),
      medianOf('connections'),
    ]),
  };
}
