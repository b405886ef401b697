import type { Handler } from '../../core/handler.js';
import { startServer, type Server } from '../../core/server.js';
import type { ServerOptions } from '../../core/server-options.js';
import type { Run } from './history.js';
import { createSimulatedKeys } from './keys.js';
import { requestHeader } from './envelope.js';
import { createLink, type Link } from './link.js';
import { createSimulatedLocks } from './locks.js';
import type { SimulatedProcess } from './process.js';
import type { SimulationParts, SimulatedServerOptions } from './simulation-options.js';
import type { World } from './world.js';

/** One life of a worker process. */
export interface Node {
  readonly process: SimulatedProcess;
  readonly link: Link;
  /** Once it is up. */
  readonly server: Promise<Server>;
}

export interface NodeParts {
  readonly world: World;
  readonly process: SimulatedProcess;
  readonly address: string;
  readonly handlers: readonly Handler[];
  readonly options: SimulatedServerOptions;
  readonly parts: SimulationParts;
  onStage: NonNullable<NonNullable<ServerOptions['hooks']>['onStage']>;
}

export function startNode({ world, process, address, handlers, options, parts, onStage }: NodeParts): Node {
  const { recorder } = world;
  const link = createLink(world, process, world.broker.connect({ user: process.name }));
  const place = { process, clock: process.clock, profile: world.profile.name };
  const { transport, locks, idempotency } = {
    transport: parts.transport?.(link.transport, { ...place, role: 'node' }) ?? link.transport,
    locks: createSimulatedLocks(world, process),
    idempotency: createSimulatedKeys(world, process),
  };
  const usedLocks = parts.locks?.(locks, place) ?? locks;
  const recorded = handlers.map((handler) => recordedHandler(handler, world, process));
  const { name, clock, random } = process;
  const server = startServer({
    ...options,
    ...{ transport, address, clock, random },
    handlers: parts.handlers?.(recorded, { ...place, locks: usedLocks }) ?? recorded,
    locks: usedLocks,
    idempotency: parts.idempotency?.(idempotency, place) ?? idempotency,
    fingerprintKey: 'simulation',
    log: recorder.logOf(process),
    hooks: {
      onStage(stage, call) {
        if (isDead(process)) return;
        recorder.event({ column: 'worker', who: name, what: 'stage', messageId: call.id, detail: stage });
        onStage(stage, call);
      },
    },
  });
  return { process, link, server };
}

const isDead = ({ state }: SimulatedProcess): boolean => state === 'dead';
const never = (): Promise<never> => new Promise(() => undefined);

/** Writes down each run, as an effect that nothing can take back. */
function recordedHandler(handler: Handler, { recorder }: World, process: SimulatedProcess): Handler {
  const { history } = recorder;
  return {
    ...handler,
    async run(request, context) {
      if (isDead(process)) return never();
      const { messageId } = context;
      const tracked = recorder.message(messageId);
      if (tracked) tracked.starts += 1;
      const mine =
        <T extends { readonly node: string }>(idOf: (one: T) => string) =>
        (one: T) =>
          idOf(one) === messageId && one.node === process.name;
      const given = Number(context.headers[requestHeader]);
      const run: Run = {
        ...{ number: history.runs.length + 1, node: process.name, messageId, action: handler.action.name },
        ...{ request: given > 0 ? given : undefined, startedAtMs: recorder.nowMs(), fence: context.fence },
        locks: handler.locks?.(request) ?? [],
        onCrash: handler.onCrash ?? 'retry',
        claim: history.claims.findLast(mine((claim) => claim.messageId)),
        hold: history.holds.findLast(mine((hold) => hold.owner)),
        ...{ endedAtMs: undefined, ending: undefined, isDead: false },
      };
      history.runs.push(run);
      recorder.event({ column: 'worker', who: process.name, what: 'runs', messageId });
      function end(ending: NonNullable<Run['ending']>): void {
        run.ending = ending;
        run.endedAtMs = recorder.nowMs();
        recorder.event({ column: 'worker', who: process.name, what: 'ran', messageId });
      }
      try {
        const value: unknown = await handler.run(request, context);
        if (isDead(process)) return await never();
        end({ value });
        return value;
      } catch (error) {
        if (isDead(process)) return await never();
        end({ error });
        throw error;
      }
    },
  };
}
