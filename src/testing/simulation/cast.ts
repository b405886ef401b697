import type { CallView, Stage } from '../../middleware/observe.js';
import type { SeededRandom } from '../seeded-random.js';
import { createSeededRandom } from '../seeded-random.js';
import { createCaller, startCallerLife, type CallerLife, type SimulatedCaller } from './caller.js';
import type { FaultKind } from './fault.js';
import { startNode, type Node } from './node.js';
import { createProcess, type SimulatedProcess } from './process.js';
import type { SimulationOptions } from './simulation-options.js';
import type { World } from './world.js';

/** The processes of a simulation, and what can happen to them. */
export interface Cast {
  readonly names: readonly string[];
  readonly callers: readonly SimulatedCaller[];
  /** Every process runs. */
  readonly isUp: boolean;
  start(): void;
  cause(this: void, what: FaultKind, who: string, forMs: number): void;
  /** Ends all processes in good order; time has to go on for it. */
  stop(advance: (ms: number) => Promise<void>): Promise<void>;
  leftovers(): Record<string, number>;
}

type Life = Node | CallerLife;

/** A place for a process, and the one that is there now. */
interface Role {
  readonly name: string;
  life: Life | undefined;
  stoodStillAtMs: number;
}

export function createCast(parts: {
  readonly world: World;
  readonly address: string;
  readonly maxSkewMs: number;
  readonly options: SimulationOptions;
  readonly random: SeededRandom;
  onStage(this: void, who: string, stage: Stage, request: number | undefined): void;
  areFaultsOver(this: void): boolean;
}): Cast {
  const { world, address, maxSkewMs, options, random, onStage, areFaultsOver } = parts;
  const { clock, recorder, broker, leases } = world;
  const { nodes = 2, callers = 1, parts: replaced = {} } = options;
  const roleOf = (name: string): Role => ({ name, life: undefined, stoodStillAtMs: 0 });
  const nodeRoles = Array.from({ length: nodes }, (_, nth) => roleOf(`node-${nth + 1}`));
  const callerRoles = Array.from({ length: callers }, (_, nth) => roleOf(`caller-${nth + 1}`));
  const roles = new Map([...nodeRoles, ...callerRoles].map((role) => [role.name, role]));
  const isNode = (role: Role): boolean => nodeRoles.includes(role);

  function newProcess(name: string): SimulatedProcess {
    const skewMs = random.below(2 * maxSkewMs + 1) - maxSkewMs;
    return createProcess({ name, clock, random: createSeededRandom(random.below(2 ** 32)), skewMs });
  }

  function bringUp(role: Role): void {
    const process = newProcess(role.name);
    recorder.event({ column: isNode(role) ? 'worker' : 'caller', who: role.name, what: 'is up' });
    if (!isNode(role)) {
      role.life = startCallerLife(world, process, replaced);
      return;
    }
    const place = { process, clock: process.clock, profile: world.profile.name };
    const node = startNode({
      ...{ world, process, address, handlers: options.handlers(place), options: options.server ?? {}, parts: replaced },
      onStage: (stage: Stage, { id }: CallView) => onStage(role.name, stage, recorder.message(id)?.request),
    });
    role.life = node;
    node.server.catch((error: unknown) => recorder.incident(`${role.name} could not start: ${String(error)}`));
  }

  function eachLease(which: (lease: typeof leases extends Set<infer L> ? L : never) => boolean, to: 'stop' | 'goOn') {
    for (const lease of [...leases]) if (which(lease)) lease[to]();
  }

  /** What its callers do not hear any more. */
  function failCalls(name: string): void {
    for (const attempt of recorder.history.attempts) {
      if (attempt.caller === name && attempt.told === undefined) attempt.callerFailed = true;
    }
  }

  function crash(role: Role): void {
    const { life } = role;
    if (!life || life.process.state === 'dead') return;
    const wasRunning = life.process.state === 'running';
    life.process.kill();
    if (wasRunning) eachLease(({ process }) => process === life.process, 'stop');
    life.link.crash();
    failCalls(role.name);
    for (const run of recorder.history.runs) {
      if (run.node === role.name && run.endedAtMs === undefined) run.isDead = true;
      if (run.node === role.name && run.claim?.state === 'open') run.isDead = true;
    }
    for (const message of recorder.messages.values()) message.at.delete(role.name);
    role.life = undefined;
  }

  function restartLater(role: Role, forMs: number): void {
    clock.after(forMs, () => {
      if (!role.life) bringUp(role);
    });
  }

  function pause(role: Role, forMs: number): void {
    const { life } = role;
    if (life?.process.state !== 'running') return;
    life.process.pause();
    role.stoodStillAtMs = clock.monotonicMs();
    life.link.pause();
    failCalls(role.name);
    eachLease(({ process }) => process === life.process, 'stop');
    clock.after(forMs, () => {
      if (life.process.state !== 'paused') return;
      recorder.event({ column: 'fault', who: role.name, what: 'is up' });
      eachLease(({ process }) => process === life.process, 'goOn');
      life.process.resume();
      life.link.resume(clock.monotonicMs() - role.stoodStillAtMs);
    });
  }

  async function leave(life: Life): Promise<void> {
    if ('server' in life) await (await life.server).stop();
    else await life.client.close();
    await life.link.transport.close();
  }

  function stopInOrder(role: Role, forMs: number): void {
    const { life } = role;
    if (life?.process.state !== 'running') return;
    role.life = undefined;
    if (!isNode(role)) failCalls(role.name);
    const gone = (): void => {
      if (life.process.state === 'dead') return;
      left(life);
      restartLater(role, forMs);
    };
    leave(life).then(gone, gone);
  }

  let timersLeft = 0;

  function left(life: Life): void {
    timersLeft += life.process.timers;
    life.process.kill();
    eachLease(({ process }) => process === life.process, 'stop');
  }

  function away(store: 'locks' | 'keys', forMs: number): void {
    if (world.away[store]) return;
    world.away[store] = true;
    eachLease((lease) => lease.store === store, 'stop');
    clock.after(forMs, () => {
      world.away[store] = false;
      eachLease((lease) => lease.store === store, 'goOn');
    });
  }

  let brokerStops = 0;

  function stopBroker(how: 'stop' | 'crash', forMs: number): void {
    brokerStops += 1;
    broker[how]();
    clock.after(forMs, () => {
      if ((brokerStops -= 1) === 0) broker.start();
    });
  }

  return {
    names: [...roles.keys()],
    callers: callerRoles.map((role) =>
      createCaller(role.name, {
        ...{ world, address, areFaultsOver },
        async life() {
          while (!role.life) await new Promise<void>((resolve) => clock.after(100, resolve));
          return role.life as CallerLife;
        },
      }),
    ),
    get isUp() {
      return [...roles.values()].every(({ life }) => life?.process.state === 'running');
    },
    start() {
      for (const role of roles.values()) bringUp(role);
    },
    cause(what, who, forMs) {
      const role = roles.get(who);
      if (!role) throw new TypeError(`expected one of ${[...roles.keys()].join(', ')}, got ${JSON.stringify(who)}`);
      if (what === 'crash') {
        crash(role);
        restartLater(role, forMs);
      } else if (what === 'pause') pause(role, forMs);
      else if (what === 'stop') stopInOrder(role, forMs);
      else if (what === 'cut') role.life?.link.cut(forMs);
      else if (what === 'locks-away') away('locks', forMs);
      else if (what === 'idempotency-away') away('keys', forMs);
      else if (what === 'broker-down') stopBroker('stop', forMs);
      else if (what === 'broker-crash') stopBroker('crash', forMs);
    },
    async stop(advance) {
      const lives = [...roles.values()].flatMap(({ life }) => life ?? []);
      let isOver = false;
      void Promise.all(lives.map(leave)).finally(() => (isOver = true));
      for (let second = 0; second < 120 && !isOver; second += 1) await advance(1_000);
      if (!isOver) recorder.incident('the processes could not be stopped within two minutes');
      for (const life of lives) left(life);
      // What nobody gave back lapses with its lease.
      await advance(60_000);
    },
    leftovers: () => ({
      'timers of processes': timersLeft,
      locks: world.locks.size,
      'claims that run': world.keys.running.size,
    }),
  };
}
