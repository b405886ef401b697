import type { Handler } from './handler.js';

/** The handlers of a worker by the name of their action. A Map: `constructor` is no action. */
export type Registry = ReadonlyMap<string, Handler>;

/** @throws TypeError if there is none, or two answer one action. */
export function createRegistry(handlers: readonly Handler[]): Registry {
  const registry = new Map<string, Handler>();
  for (const handler of handlers) {
    const { name } = handler.action;
    if (registry.has(name)) throw new TypeError(`expected one handler for each action, got two for ${name}`);
    registry.set(name, handler);
  }
  if (registry.size === 0) throw new TypeError('expected at least one handler, got none');
  return registry;
}
