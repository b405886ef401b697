import type { ClientHealth } from '../../core/client.js';
import type { ServerHealth } from '../../core/server.js';
import type { TransportHealth } from '../../core/transport.js';

/** What a worker answers on its health socket: one JSON document. */
export interface HealthDocument {
  readonly pid: number;
  readonly version: string;
  /** When it was started, in epoch milliseconds. */
  readonly since: number;
  /** Promises of handlers that were rejected and awaited by nobody. */
  readonly strayRejections: number;
  readonly virtualHosts: readonly VirtualHostHealth[];
}

/**
 * `refused`: the broker does not let it in, or has something there of another shape; it is tried again every 30 s.
 */
export type VirtualHostState = 'setting_up' | 'connecting' | 'refused' | 'serving' | 'stopping' | 'stopped';

export interface VirtualHostHealth {
  readonly name: string;
  readonly state: VirtualHostState;
  /** Since when it has been in that state, in epoch milliseconds. */
  readonly since: number;
  /** Why somebody should look at it; empty when all is well. */
  readonly red: readonly string[];
  readonly addresses: readonly string[];
  readonly actions: readonly { readonly name: string; readonly from: string }[];
  /** Its replies are generated, and no handler runs. */
  readonly mock: boolean;
  readonly server?: ServerHealth;
  readonly client?: ClientHealth;
}

/** Why a virtual host is red. One that is alive and takes nothing is; one that stops because it shall is not. */
export function redReasons(now: {
  readonly state: VirtualHostState;
  readonly refusal: string | undefined;
  readonly server: ServerHealth | undefined;
  readonly transport: TransportHealth | undefined;
  readonly jammed: readonly string[];
  /** What is wrong with its locks and answers. */
  readonly stores?: string | undefined;
}): string[] {
  const { state, server, transport } = now;
  if (state === 'stopping' || state === 'stopped') return [];
  if (state === 'refused') return [now.refusal ?? 'the broker refuses it'];
  if (state === 'setting_up') return ['its handlers are being set up'];
  if (!server || state === 'connecting') return [`not serving yet: ${transport?.reason ?? 'waiting for the broker'}`];
  return [
    ...server.red,
    ...(server.red.length === 0 && transport && transport.status !== 'ready'
      ? [`its transport is ${transport.status}`]
      : []),
    ...now.jammed.map((address) => `${address} holds all it can, and nothing has ended for five minutes`),
    ...(now.stores === undefined ? [] : [now.stores]),
  ];
}
