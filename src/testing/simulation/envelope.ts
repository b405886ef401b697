import type { Delivery, Message } from '../../core/transport.js';
import type { SimulatedProcess } from './process.js';
import type { Profile } from './profile.js';

/** Headers of the simulation's own: which request it is, and what it said of its time. */
export const requestHeader = 'sim-request';
const expiresHeader = 'sim-expires';

/** As the broker gets it: what it drops, it drops by its own time. */
export function onItsWay(message: Message, { skewMs }: SimulatedProcess, { expires }: Profile): Message {
  if (message.expiresAt === undefined) return message;
  const { expiresAt, ...rest } = message;
  const headers = { ...message.headers, [expiresHeader]: String(expiresAt) };
  return expires ? { ...rest, headers, expiresAt: expiresAt - skewMs } : { ...rest, headers };
}

/** As its worker gets it: as it was sent, and told of its loss only while its process goes on. */
export function arrived(delivery: Delivery, process: SimulatedProcess, { signals }: Profile): Delivery {
  const { signal: innerSignal, isLost: _isLost, ...given } = delivery;
  const { [expiresHeader]: expires, ...headers } = given.message.headers;
  const outward = {
    ...given,
    message: { ...given.message, headers, ...(expires !== undefined && { expiresAt: Number(expires) }) },
    get isLost() {
      return delivery.isLost === true;
    },
  };
  if (!signals || !innerSignal) return outward;
  const taken = new AbortController();
  innerSignal.addEventListener('abort', () => process.enter(() => taken.abort(innerSignal.reason)), { once: true });
  return Object.assign(outward, { signal: taken.signal });
}
