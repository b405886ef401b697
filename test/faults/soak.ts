import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSeededRandom } from '../../src/testing/index.js';
import { work } from '../e2e/workers/actions.js';
import { openScene } from '../e2e/workers/scene.js';
import type { WorkerProcess } from '../e2e/workers/start-worker.js';
import { countEffects } from '../support/effects.js';
import { startFaultProxy } from '../support/fault-proxy.js';
import { readQuarantine } from '../support/quarantine.js';
import { startOwnRabbitmq } from '../support/rabbitmq.js';
import { startOwnRedis } from '../support/redis.js';
import { check, type Attempt, type Verdict } from './checker.js';
import { startLoad, toldOf } from './load.js';

export const soakFaults = [
  'kill a worker',
  'stop a worker',
  'freeze a worker',
  'cut',
  'reset',
  'alarm',
  'kill the broker',
  'kill Redis',
] as const;
export type SoakFault = (typeof soakFaults)[number];

export interface SoakOptions {
  readonly seconds: number;
  readonly seed: number;
  /** What may happen; everything by default. */
  readonly faults?: readonly SoakFault[];
  /** Hears of each fault. */
  readonly say?: (line: string) => void;
}

/**
 * Load on two workers whose handlers park what crashed, with a fault every one to five seconds; then everything is
 * mended, and what happened is compared with what was told. The same seed breaks the same things in the same order.
 */
export async function soak({
  seconds,
  seed,
  faults = soakFaults,
  say,
}: SoakOptions): Promise<Verdict & { readonly faults: number }> {
  const random = createSeededRandom(seed);
  const [broker, redis] = await Promise.all([startOwnRabbitmq(), startOwnRedis({ persistent: true })]);
  const [scene, proxy] = await Promise.all([openScene(broker), startFaultProxy(broker.port)]);
  const url = proxy.through(scene.virtualHost.url);
  const place = { url: redis.url, namespace: randomUUID() };
  const incidents: string[] = [];
  const ending = new Set<WorkerProcess>();

  async function startWorker(): Promise<WorkerProcess> {
    const worker = await scene.worker({ url, onCrash: 'park', redis: place, heartbeatMs: 2_000 });
    void worker.child.exited.then(({ code, signal }) => {
      if (!ending.has(worker)) incidents.push(`a worker ended by itself (${signal ?? code}): ${worker.child.stderr}`);
    });
    return worker;
  }

  async function replaceWorker(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const nth = random.below(workers.length);
    const leaving = workers[nth] as WorkerProcess;
    ending.add(leaving);
    leaving.child.kill(signal);
    const { code } = await leaving.child.exited;
    if (signal === 'SIGTERM' && code !== 0)
      incidents.push(`a worker told to stop ended with ${code}: ${leaving.child.stderr}`);
    workers[nth] = await startWorker();
  }

  const moment = () => sleep(500 + random.below(2_000));
  const cause: Readonly<Record<SoakFault, () => Promise<void>>> = {
    'kill a worker': () => replaceWorker('SIGKILL'),
    'stop a worker': () => replaceWorker('SIGTERM'),
    async 'freeze a worker'() {
      const { child } = random.pick(workers);
      child.kill('SIGSTOP');
      await moment();
      child.kill('SIGCONT');
    },
    cut: async () => proxy.cut(),
    reset: async () => proxy.reset(),
    async alarm() {
      await broker.setMemoryAlarm(true);
      await moment();
      await broker.setMemoryAlarm(false);
    },
    async 'kill the broker'() {
      await broker.kill9();
      await moment();
      await broker.start();
    },
    async 'kill Redis'() {
      await redis.kill9();
      await moment();
      await redis.start();
    },
  };

  const workers = await Promise.all([startWorker(), startWorker()]);
  const client = scene.client({ amqp: { url, heartbeatMs: 2_000 } });
  try {
    // With `park` each request is at most one effect, by its own id where it has no key.
    const load = startLoad({
      ...{ client, to: scene.to, callers: 20, timeoutMs: 10_000, pauseMs: 50 },
      request: (nth) => ({
        ...{ subject: `call-${nth}`, ms: nth % 20 },
        ...(nth % 2 === 0 && { key: `key-${nth}` }),
        ...(nth % 3 === 0 && { lock: `lock-${nth % 15}` }),
      }),
    });
    const oneWay = startOneWay(scene.to, client);
    const endsMs = performance.now() + seconds * 1_000;
    let caused = 0;
    while (performance.now() < endsMs) {
      await sleep(1_000 + random.below(4_000));
      const fault = random.pick(faults);
      say?.(`${new Date().toISOString()} ${fault}`);
      await cause[fault]();
      caused++;
    }
    const attempts: readonly Attempt[] = [...(await load.stop()), ...(await oneWay.stop())];

    const isAside = async () => new Set((await readQuarantine(scene.virtualHost.url, scene.to)).map(subjectOf));
    const isOpen = ({ told, timeoutMs }: Attempt) => told.kind === 'value' && timeoutMs === undefined;
    // What was put off while something was away comes back within a minute or two.
    for (let waited = 0; waited < 180; waited++) {
      const [counts, aside] = [countEffects(scene.effects()), await isAside()];
      const left = attempts.filter(
        (attempt) => isOpen(attempt) && !counts.get(attempt.subject)?.finishes && !aside.has(attempt.subject),
      );
      const reports = await Promise.all(workers.map((worker) => worker.report()));
      if (left.length === 0 && reports.every(({ inFlight }) => inFlight === 0)) break;
      await sleep(1_000);
    }
    const reports = await Promise.all(workers.map((worker) => worker.report()));
    const leftovers = {
      'pending calls': client.health().pending,
      'requests in hand': reports.reduce((sum, { inFlight }) => sum + inFlight, 0),
      'waiting requests': reports.reduce((sum, { waiting }) => sum + waiting, 0),
    };
    const once = attempts.map((attempt) => ({ ...attempt, key: attempt.key ?? attempt.subject }));
    const history = { attempts: once, effects: scene.effects(), quarantined: [...(await isAside())] };
    return { ...check({ ...history, leftovers, incidents }), faults: caused };
  } finally {
    for (const worker of workers) ending.add(worker);
    await scene.close();
    await proxy.close();
    await Promise.all([broker.close(), redis.close()]);
  }
}

function subjectOf({ body }: { readonly body: unknown }): string {
  return (body as { readonly subject: string }).subject;
}

type SceneClient = Parameters<typeof startLoad>[0]['client'];

/** A request that nobody waits for, every 20 ms or as fast as the broker takes them. */
function startOneWay(to: string, client: SceneClient) {
  const attempts: Attempt[] = [];
  let isOver = false;
  async function send(): Promise<void> {
    for (let nth = 0; !isOver; nth++) {
      const [subject, calledAt] = [`sent-${nth}`, Date.now()];
      const told = await client.send(work, { subject }, { to }).then(() => ({ kind: 'value' }) as const, toldOf);
      attempts.push({ subject, calledAt, settledAt: Date.now(), told });
      await sleep(20);
    }
  }
  const sending = send();
  return {
    async stop() {
      isOver = true;
      await sending;
      return attempts;
    },
  };
}
