import type { Action, RequestInput, ResponseOf } from '../../core/action.js';
import { createClient, type Client } from '../../core/client.js';
import { RpcError } from '../../core/errors.js';
import type { CallOptions, OneWayOptions } from '../../core/outgoing.js';
import type { Attempt, Told } from './history.js';
import { requestHeader } from './envelope.js';
import { createLink, type Link } from './link.js';
import type { SimulatedProcess } from './process.js';
import type { SimulationParts } from './simulation-options.js';
import type { World } from './world.js';

/** One life of a calling process. */
export interface CallerLife {
  readonly process: SimulatedProcess;
  readonly link: Link;
  readonly client: Client;
}

/** A process that calls; after a crash it starts again, and what it had called before is forgotten. */
export interface SimulatedCaller {
  readonly name: string;
  /** Never settles if its process crashes meanwhile. */
  call<A extends Action>(action: A, request: RequestInput<A>, options?: CallOptions): Promise<ResponseOf<A>>;
  send<A extends Action>(action: A, request: RequestInput<A>, options?: OneWayOptions): Promise<void>;
}

export function startCallerLife(world: World, process: SimulatedProcess, parts: SimulationParts): CallerLife {
  const link = createLink(world, process, world.broker.connect({ user: process.name }));
  const { clock, random } = process;
  const place = { process, clock, profile: world.profile.name, role: 'caller' } as const;
  const transport = parts.transport?.(link.transport, place) ?? link.transport;
  const options = { transport, clock, random, log: world.recorder.logOf(process) };
  return { process, link, client: (parts.client ?? createClient)(options) };
}

const defaultTimeoutMs = 30_000;

export function createCaller(
  name: string,
  parts: {
    readonly world: World;
    readonly address: string;
    life(this: void): Promise<CallerLife>;
    areFaultsOver(this: void): boolean;
  },
): SimulatedCaller {
  const { world, address, life, areFaultsOver } = parts;
  const { recorder } = world;

  function begin(action: Action, isOneWay: boolean, options: CallOptions, callerFailed: boolean): Attempt {
    const { attempts } = recorder.history;
    const attempt: Attempt = {
      ...{ number: attempts.length + 1, caller: name, action: action.name, calledAtMs: recorder.nowMs(), isOneWay },
      timeoutMs: options.timeoutMs ?? (isOneWay ? undefined : defaultTimeoutMs),
      ...{ key: options.idempotencyKey, group: options.groupKey, afterFaults: areFaultsOver() },
      ...{ messageId: undefined, told: undefined, toldAtMs: undefined, sentAtMs: undefined, repliedAtMs: undefined },
      callerFailed,
    };
    attempts.push(attempt);
    recorder.event({ column: 'caller', who: name, what: 'calls', request: attempt.number, detail: action.name });
    return attempt;
  }

  /** Made within the process of its caller, and heard there. */
  async function made<T>(
    isOneWay: boolean,
    action: Action,
    make: (client: Client, options: CallOptions) => Promise<T>,
    options: CallOptions,
    toldOf: (value: T) => Told,
  ): Promise<T> {
    const { process, client } = await life();
    const attempt = begin(action, isOneWay, options, process.state !== 'running');
    return process.through(async () => {
      const headers = { ...options.headers, [requestHeader]: String(attempt.number) };
      const tell = (told: Told): void => {
        if (process.state === 'dead') return;
        attempt.told = told;
        attempt.toldAtMs = recorder.nowMs();
        const detail = told.kind === 'error' ? `${told.code} (${told.outcome})` : told.kind;
        recorder.event({ column: 'caller', who: name, what: 'told', request: attempt.number, detail });
      };
      try {
        const value = await make(client, { to: address, ...options, headers });
        tell(toldOf(value));
        return value;
      } catch (error) {
        if (error instanceof RpcError) tell({ kind: 'error', code: error.code, outcome: error.outcome });
        else tell({ kind: 'thrown', error });
        throw error;
      }
    });
  }

  return {
    name,
    call: (action, request, options = {}) =>
      made(
        false,
        action,
        (client, given) => client.call(action, request, given),
        options,
        (value): Told => ({ kind: 'value', value }),
      ),
    send: (action, request, options = {}) =>
      made(
        true,
        action,
        (client, { whenAbsent: _absent, persistent: _persistent, detach: _detach, ...given }) =>
          client.send(action, request, given),
        options,
        (): Told => ({ kind: 'sent' }),
      ),
  };
}
