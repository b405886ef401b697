import type { Clock } from '../../core/clock.js';
import type { Logger } from '../../core/log.js';
import type { CallView, ServerHooks } from '../../middleware/observe.js';

/** Sees every request of one virtual host: writes a line for each that has ended, and knows what is on. */
export interface RequestWatch {
  readonly hooks: ServerHooks;
  /** What runs now. */
  running(): readonly CallView[];
  /** Addresses that hold all they can, and where nothing has ended for five minutes: they take nothing. */
  jammed(intake: number): string[];
}

const patienceMs = 300_000;

interface Traffic {
  inHand: number;
  lastEndMs: number;
}

export function createRequestWatch({ log, clock }: { readonly log: Logger; readonly clock: Clock }): RequestWatch {
  const traffic = new Map<string, Traffic>();
  const started = new Set<CallView>();

  function trafficOf(address: string): Traffic {
    const known = traffic.get(address);
    if (known) return known;
    const fresh = { inHand: 0, lastEndMs: clock.monotonicMs() };
    traffic.set(address, fresh);
    return fresh;
  }

  return {
    hooks: {
      onStage(stage, call) {
        if (stage === 'received') {
          const at = trafficOf(call.address);
          // Whoever comes to an idle address is the first to wait.
          if (at.inHand === 0) at.lastEndMs = clock.monotonicMs();
          at.inHand++;
        }
        if (stage === 'started') started.add(call);
      },
      onEnd(call, { code, outcome, disposition, tookMs }) {
        const { id, action, address, caller } = call;
        const at = trafficOf(address);
        at.inHand--;
        at.lastEndMs = clock.monotonicMs();
        started.delete(call);
        log.info(
          { id, action, address, caller, code, outcome, disposition, tookMs: Math.round(tookMs) },
          'request ended',
        );
      },
    },
    running: () => [...started],
    jammed: (intake) =>
      [...traffic].flatMap(([address, { inHand, lastEndMs }]) =>
        inHand >= intake && clock.monotonicMs() - lastEndMs >= patienceMs ? [address] : [],
      ),
  };
}
