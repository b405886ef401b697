import type { Consumer, Transport } from '../../src/index.js';
import type { ServerHooks, Stage } from '../../src/middleware/observe.js';

/**
 * Where a worker may kill itself. All but the last are told by the server's hooks; that a delivery was settled only
 * its transport can know.
 */
export type FailpointName = Stage | 'acked';

/** In the order in which a successful request passes them. */
export const failpoints = [
  ...(['received', 'parsed', 'validated', 'locked', 'claimed', 'started', 'effect-done'] as const),
  ...(['recorded', 'unlocked', 'reply-published', 'reply-confirmed', 'acked'] as const),
] satisfies readonly FailpointName[];

export interface Failpoint {
  readonly hooks: ServerHooks;
  /** Called by a handler that has begun its work. */
  inTheMiddle(messageId: string): void;
  wrap(transport: Transport): Transport;
}

/** The client library hands on what it writes over a few turns of the event loop. */
function onceWritten(task: () => void, turns = 20): void {
  setImmediate(() => (turns > 0 ? onceWritten(task, turns - 1) : task()));
}

/** Acks wait for each other for a moment; much longer than that, and it is written. */
function onceAcked(task: () => void): void {
  setTimeout(() => onceWritten(task), 50);
}

/**
 * Kills this process as soon as a request comes to `killAt`, as the kernel does when memory runs out: nothing is
 * told, nothing is flushed. The first request passes, and opens what replies need.
 */
export function createFailpoint(killAt: FailpointName | undefined): Failpoint {
  let first: string | undefined;
  const die = () => void process.kill(process.pid, 'SIGKILL');

  function isDue(stage: FailpointName, id: string): boolean {
    first ??= id;
    return stage === killAt && id !== first;
  }

  return {
    hooks: {
      onStage(stage, { id }) {
        if (!isDue(stage, id) || stage === 'started') return;
        // The hook tells that the reply is about to be written. That it is not confirmed meanwhile is for the test to see to.
        if (stage === 'reply-published') onceWritten(die);
        else die();
      },
    },
    inTheMiddle(messageId) {
      if (isDue('started', messageId)) die();
    },
    wrap(transport) {
      function consume(...[address, options, receive]: Parameters<Transport['consume']>): Promise<Consumer> {
        return transport.consume(address, options, async (delivery) => {
          const disposition = await receive(delivery);
          // It is settled once this has returned.
          if (disposition.kind === 'ack' && isDue('acked', delivery.message.id)) onceAcked(die);
          return disposition;
        });
      }
      return killAt === 'acked' ? Object.assign(Object.create(transport) as Transport, { consume }) : transport;
    },
  };
}
