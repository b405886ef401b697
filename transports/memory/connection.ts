import type { TransportStatus } from '../../src/core/transport.js';
import type { BrokerCore } from './broker-core.js';

/** What of a transport lives through its connection: a consumer, an inbox, the sender. */
export interface ConnectionPart {
  /** The connection is there, or there again. */
  up(): void;
  /** It is gone, and everything it held with it. */
  down(): void;
  /** It will not come back. */
  end(): void;
  /** It takes messages again. */
  thaw?(): void;
}

export interface Connection {
  status(): TransportStatus;
  since(): number;
  reconnects(): number;
  /** Leases are not renewed and nothing is taken: a process that hangs. */
  frozen(): boolean;
  freeze(): void;
  thaw(): void;
  /** Parts come up in the order they joined; those that send, last. */
  join(part: ConnectionPart, role: 'receives' | 'sends'): void;
  leave(part: ConnectionPart): void;
  cut(downMs: number): void;
  /** Looks what became of the broker. */
  follow(): void;
  close(): void;
}

export function createConnection(broker: BrokerCore): Connection {
  const { clock } = broker.settings;
  const receiving = new Set<ConnectionPart>();
  const sending = new Set<ConnectionPart>();
  let status = statusOf(broker.state());
  let since = clock.now();
  let reconnects = 0;
  let everUp = status !== 'connecting';
  let frozen = false;
  let cancelReconnect: (() => void) | undefined;

  const isUp = (): boolean => status === 'ready' || status === 'blocked';
  const parts = (): ConnectionPart[] => [...receiving, ...sending];

  function turnTo(next: TransportStatus): void {
    status = next;
    since = clock.now();
  }

  function goUp(): void {
    cancelReconnect = undefined;
    const next = statusOf(broker.state());
    if (status !== 'connecting' || next === 'connecting') return;
    if (everUp) reconnects += 1;
    everUp = true;
    turnTo(next);
    for (const part of parts()) part.up();
  }

  function goDown(): void {
    if (!isUp()) return;
    turnTo('connecting');
    for (const part of parts()) part.down();
  }

  function reconnectAfter(ms: number): void {
    cancelReconnect?.();
    if (ms > 0) {
      cancelReconnect = clock.after(ms, goUp);
      return;
    }
    let wanted = true;
    cancelReconnect = () => void (wanted = false);
    broker.turns(() => {
      if (wanted) goUp();
    });
  }

  return {
    status() {
      return status;
    },
    since() {
      return since;
    },
    reconnects() {
      return reconnects;
    },
    frozen() {
      return frozen;
    },
    freeze: () => void (frozen = true),
    thaw() {
      frozen = false;
      for (const part of receiving) part.thaw?.();
    },
    join(part, role) {
      (role === 'sends' ? sending : receiving).add(part);
      if (isUp()) part.up();
    },
    leave(part) {
      receiving.delete(part);
      sending.delete(part);
    },
    cut(downMs) {
      if (!isUp()) return;
      goDown();
      reconnectAfter(downMs);
    },
    follow() {
      const next = statusOf(broker.state());
      if (next === 'connecting') goDown();
      else if (status === 'connecting' && !cancelReconnect) reconnectAfter(0);
      else if (isUp() && status !== next) {
        turnTo(next);
        for (const part of sending) part.up();
      }
    },
    close() {
      if (status === 'closed') return;
      cancelReconnect?.();
      if (isUp()) goDown();
      turnTo('closed');
      for (const part of parts()) part.end();
      receiving.clear();
      sending.clear();
    },
  };
}

function statusOf(state: ReturnType<BrokerCore['state']>): TransportStatus {
  return state === 'down' ? 'connecting' : state;
}
