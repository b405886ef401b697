import type { Settler } from './settler.js';

/** Acks of one channel, those of one turn of the event loop in one frame. */
export interface Acks {
  now(tag: number): void;
  /** Once `done` has resolved. */
  later(tag: number, done: Promise<void>): void;
}

export function createAcks(settler: Settler): Acks {
  /** Deliveries in hand whose ack comes later: an ack of all up to a later tag would take them along. */
  let open = 0;
  let upTo: number | undefined;

  function flush(): void {
    if (upTo !== undefined) settler.ackUpTo(upTo);
    upTo = undefined;
  }

  return {
    now(tag) {
      if (open > 0) {
        settler.ack(tag);
        return;
      }
      if (upTo === undefined) process.nextTick(flush);
      upTo = tag;
    },
    later(tag, done) {
      open += 1;
      const ack = () => {
        open -= 1;
        settler.ack(tag);
      };
      done.then(ack, ack);
    },
  };
}
