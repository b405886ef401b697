import { fileURLToPath, pathToFileURL } from 'node:url';
import { ConfigurationError } from '../../config/configuration-error.js';
import type { HandlerReference } from '../../config/settings.js';
import type { Handler } from '../../core/handler.js';
import type { HandlerSetup } from '../../core/handler-module.js';
import { installedPackages } from './installed.js';
import { locateModule } from './locate.js';
import { checkHandlers, exportsOf, type ModuleExports } from './module-shape.js';
import { readSettings } from './read-settings.js';

/** A handler module that was found, loaded and checked; its settings too. */
export interface LoadedModule {
  /** As the configuration names it; with `handlers: auto` the package's name. */
  readonly name: string;
  /** The file, absolute. */
  readonly location: string;
  /** @throws ConfigurationError if the set-up fails, or gives something else than handlers. */
  setUp(setup: Omit<HandlerSetup, 'settings'>): Promise<readonly Handler[]>;
}

/** Where packages are looked for beside the folder of each reference. */
export interface LoadedFrom {
  /** The working folder. */
  readonly cwd: string;
  /** The folder of the configuration file: `auto` starts there. */
  readonly folder?: string | undefined;
}

/**
 * Loads what `references` name, in their order; with `auto`, the installed packages that name handlers in their
 * package.json.
 * @throws ConfigurationError naming the module and the place that asks for it.
 */
export async function loadHandlerModules(
  references: 'auto' | readonly HandlerReference[],
  { cwd, folder = cwd }: LoadedFrom,
): Promise<readonly LoadedModule[]> {
  if (references.length === 0) {
    throw new ConfigurationError(
      'expected handler modules, under "handlers" in the configuration, with --handlers or in SAMOVAR_HANDLERS; got none',
    );
  }
  const wanted = references === 'auto' ? await installedPackages([folder, cwd]) : references;
  const placeOf = new Map<string, string>();
  const modules: LoadedModule[] = [];
  for (const reference of wanted) {
    const loaded = await load(reference, cwd);
    const earlier = placeOf.get(loaded.location);
    if (earlier !== undefined) {
      throw wrong(reference, `expected each module once; ${earlier} has it already (${loaded.location})`);
    }
    placeOf.set(loaded.location, `${reference.use} at ${reference.locate()}`);
    modules.push(loaded);
  }
  return modules;
}

async function load(reference: HandlerReference, cwd: string): Promise<LoadedModule> {
  const { use, folder } = reference;
  const location = await located(reference, [folder, cwd]);
  const namespace = await imported(reference, isOwn(use) ? use : pathToFileURL(location).href);
  const { settings: schema, setUp } = checked(reference, () => exportsOf(namespace));
  const settings = readSettings(reference, schema);
  return {
    name: use,
    location,
    setUp: async (setup) => checkHandlersOf(reference, await runSetUp(reference, setUp, { ...setup, settings })),
  };
}

/** Another copy may be installed elsewhere; the handlers that came with this one are meant. */
function isOwn(use: string): boolean {
  return use === 'samovar' || use.startsWith('samovar/');
}

async function located(reference: HandlerReference, folders: readonly string[]): Promise<string> {
  const { use } = reference;
  try {
    return isOwn(use) ? fileURLToPath(import.meta.resolve(use)) : await locateModule(use, folders);
  } catch (cause) {
    throw wrong(reference, messageOf(cause), cause);
  }
}

async function imported(reference: HandlerReference, specifier: string): Promise<unknown> {
  try {
    return (await import(specifier)) as unknown;
  } catch (cause) {
    throw wrong(reference, `it cannot be loaded: ${messageOf(cause)}${adviceFor(cause)}`, cause);
  }
}

function adviceFor(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ERR_MODULE_NOT_FOUND') return '; install what it imports beside it';
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION') return `; build it to JavaScript, Node ${process.versions.node} cannot`;
  return '';
}

async function runSetUp(
  reference: HandlerReference,
  setUp: ModuleExports['setUp'],
  setup: HandlerSetup,
): Promise<unknown> {
  try {
    return await setUp(setup);
  } catch (cause) {
    throw wrong(reference, `its set-up failed: ${messageOf(cause)}`, cause);
  }
}

function checkHandlersOf(reference: HandlerReference, given: unknown): readonly Handler[] {
  return checked(reference, () => checkHandlers(given, 'what its set-up gives'));
}

function checked<T>(reference: HandlerReference, check: () => T): T {
  try {
    return check();
  } catch (cause) {
    throw wrong(reference, messageOf(cause), cause);
  }
}

function wrong(reference: HandlerReference, message: string, cause?: unknown): ConfigurationError {
  return new ConfigurationError(`${reference.locate()}: handlers of ${reference.use}: ${message}`, { cause });
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
