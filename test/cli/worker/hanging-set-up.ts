import type { Handler, HandlerSetup } from '../../../src/index.js';

/** A set-up that never ends. */
export default function setUp({ log, onStop }: HandlerSetup): Promise<Handler[]> {
  onStop(() => log.info({}, 'put away'));
  log.info({}, 'setting up');
  return new Promise(() => undefined);
}
