import { defineHandler, systemClock, type Handler, type HandlerSetup } from '../../../src/index.js';
import { nap, stumble } from './actions.js';

/** What the tests of the worker load; it logs its set-up and its end. */
export default function setUp({ log, onStop, client }: HandlerSetup): Handler[] {
  if (process.listenerCount('SIGUSR2') === 0) {
    process.on('SIGUSR2', () => globalThis.gc?.());
  }
  onStop(() => log.info({ pending: client.health().pending }, 'first set up, last put away'));
  onStop(() => log.info({}, 'put away'));
  return [
    defineHandler(nap, {
      async run({ ms }) {
        log.info({}, 'napping');
        if (ms > 0) await new Promise<void>((resolve) => void systemClock.after(ms, resolve));
        log.info({}, 'awake');
        return { slept: ms };
      },
    }),
    defineHandler(stumble, {
      run({ how }) {
        if (how === 'rejection') void Promise.reject(new Error('nobody awaits this'));
        else systemClock.after(0, () => void JSON.parse('{'));
        return {};
      },
    }),
  ];
}
