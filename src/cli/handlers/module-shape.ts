import { defineAction, type Action } from '../../core/action.js';
import { defineHandler, type Handler } from '../../core/handler.js';
import { isRecord } from '../../core/reply.js';
import type { HandlerSetup } from '../../core/handler-module.js';

/** What a settings schema must be able to do: one of another copy of zod will do. */
export interface SettingsSchema {
  safeParse(
    value: unknown,
  ):
    | { readonly success: true; readonly data: unknown }
    | { readonly success: false; readonly error: { readonly issues: readonly SettingsIssue[] } };
}

export interface SettingsIssue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

export interface ModuleExports {
  readonly settings: SettingsSchema | undefined;
  readonly setUp: (setup: HandlerSetup) => unknown;
}

/** What a handler module exports. @throws TypeError that says what was expected and got. */
export function exportsOf(namespace: unknown): ModuleExports {
  const names = unwrapped(namespace);
  const { default: exported, settings } = names;
  if (exported === undefined) {
    const others = Object.keys(names).filter((name) => name !== 'module.exports');
    const got = others.length === 0 ? 'no exports' : `the exports ${others.join(', ')}`;
    throw new TypeError(`expected a default export, handlers or a function that sets them up, got ${got}`);
  }
  if (settings !== undefined && !isSchema(settings)) {
    throw new TypeError(`expected its export "settings" to be a zod schema, got ${kindOf(settings)}`);
  }
  if (typeof exported === 'function') return { settings, setUp: exported as ModuleExports['setUp'] };
  // Now, and not only once it is set up: the array is there.
  checkHandlers(exported, 'its default export');
  return { settings, setUp: () => exported };
}

/** What a set-up gave, if it is handlers; those made with another copy of samovar will do. @throws TypeError */
export function checkHandlers(given: unknown, what: string): readonly Handler[] {
  if (!Array.isArray(given)) throw new TypeError(`expected ${what} to be an array of handlers, got ${kindOf(given)}`);
  const names = new Set<string>();
  for (const [index, handler] of (given as unknown[]).entries()) {
    const { name } = checkHandler(handler, `${what}[${index}]`).action;
    if (names.has(name)) throw new TypeError(`expected one handler for each action, got two for ${name}`);
    names.add(name);
  }
  return given as Handler[];
}

function checkHandler(handler: unknown, what: string): Handler {
  if (!isRecord(handler) || !isRecord(handler['action']) || !('run' in handler)) {
    throw new TypeError(`expected ${what} to be made with defineHandler, got ${kindOf(handler)}`);
  }
  // Whoever has made it: these are the checks.
  defineAction(handler['action'] as unknown as Action);
  return defineHandler(handler['action'] as unknown as Action, handler as unknown as Handler);
}

/** Node shows what a CommonJS module exports as the default export; what compilers made holds a default of its own. */
function unwrapped(namespace: unknown): Readonly<Record<string, unknown>> {
  const names = namespace as Readonly<Record<string, unknown>>;
  const inner = names['default'];
  return isRecord(inner) && 'default' in inner ? inner : names;
}

function isSchema(value: unknown): value is SettingsSchema {
  return typeof value === 'object' && value !== null && 'safeParse' in value && typeof value.safeParse === 'function';
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'undefined' ? 'undefined' : `a value of type ${typeof value}`;
}
