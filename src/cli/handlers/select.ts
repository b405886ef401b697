import { ConfigurationError } from '../../config/configuration-error.js';
import type { ExchangeSettings, VirtualHost } from '../../config/settings.js';
import type { Handler } from '../../core/handler.js';
import type { HandlerSetup } from '../../core/handler-module.js';
import type { LoadedModule } from './load.js';

/** A handler, and the module that gave it. */
export interface PackagedHandler {
  readonly handler: Handler;
  /** The module's name, and its file. */
  readonly from: string;
  readonly location: string;
}

/** What decides which handlers a virtual host has, and how they run. */
export type Selection = Pick<VirtualHost, 'name' | 'exchanges' | 'allowMissingHandlers'>;

/**
 * Sets the modules up for one virtual host, one after the other, and keeps the handlers that it lists, with what it
 * says about each. What the set-ups gave to `onStop` is the caller's to run, also if this fails.
 * @throws SetUpError if a set-up fails. @throws ConfigurationError if two modules answer one action, or a listed
 * exchange has no handler.
 */
export async function setUpHandlers(
  modules: readonly LoadedModule[],
  virtualHost: Selection,
  setup: Omit<HandlerSetup, 'settings'>,
): Promise<readonly PackagedHandler[]> {
  const given = new Map<string, PackagedHandler>();
  for (const module of modules) {
    const { name: from, location } = module;
    for (const handler of await module.setUp(setup)) {
      const action = handler.action.name;
      const other = given.get(action);
      if (other) {
        throw new ConfigurationError(
          `expected one module for each action, but ${other.from} and ${from} both give ${action}; leave one of them out`,
        );
      }
      given.set(action, { handler, from, location });
    }
  }
  return listed(given, virtualHost);
}

function listed(given: ReadonlyMap<string, PackagedHandler>, virtualHost: Selection): PackagedHandler[] {
  const { name, exchanges, allowMissingHandlers } = virtualHost;
  // Modules that are looked at alone are on no virtual host.
  const where = name === '' ? '' : `virtual host ${name}: `;
  if (exchanges?.size === 0) {
    throw new ConfigurationError(
      `${where}expected at least one exchange, got an empty list; leave it out to answer all actions`,
    );
  }
  const missing = [...(exchanges?.keys() ?? [])].filter((action) => !given.has(action));
  const handlers = [...given].flatMap(([action, packaged]) => {
    if (!exchanges) return [packaged];
    const settings = exchanges.get(action);
    return settings ? [{ ...packaged, handler: adjusted(packaged.handler, settings) }] : [];
  });
  if ((missing.length > 0 && !allowMissingHandlers) || handlers.length === 0) {
    const there = [...given].map(([action, { from }]) => `${action} (${from})`).join(', ');
    const what = exchanges ? `handlers for the exchanges ${[...exchanges.keys()].join(', ')}` : 'at least one handler';
    const without = missing.length > 0 ? `; without a handler: ${missing.join(', ')}` : '';
    throw new ConfigurationError(
      `${where}expected ${what}, got ${there === '' ? 'none' : `those for ${there}`}${without}`,
    );
  }
  return handlers;
}

function adjusted(handler: Handler, { concurrency, timeoutMs }: ExchangeSettings): Handler {
  if (concurrency === undefined && timeoutMs === undefined) return handler;
  return Object.freeze({
    ...handler,
    ...(concurrency !== undefined && { concurrency }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
}
