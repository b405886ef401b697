import { fileURLToPath, pathToFileURL } from 'node:url';
import { ConfigurationError } from '../../config/configuration-error.js';
import type { HandlerReference } from '../../config/settings.js';
import type { Handler } from '../../core/handler.js';
import type { HandlerSetup } from '../../core/handler-module.js';
import { SetUpError } from '../failure.js';
import { blame } from './blame.js';
import { installedPackages } from './installed.js';
import { locateModule } from './locate.js';
import { checkHandlers, exportsOf } from './module-shape.js';
import { readSettings } from './read-settings.js';

/** A handler module that was found, loaded and checked; its settings too. */
export interface LoadedModule {
  /** As the configuration names it; with `handlers: auto` the package's name. */
  readonly name: string;
  /** The file, absolute. */
  readonly location: string;
  /** @throws SetUpError if the set-up fails, or gives something else than handlers. */
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
 * @throws ConfigurationError naming each module that is wrong and the place that asks for it.
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
  const problems: string[] = [];
  for (const reference of wanted) {
    try {
      const loaded = await load(reference, cwd);
      const earlier = placeOf.get(loaded.location);
      if (earlier !== undefined) {
        const message = `expected each module once; ${earlier} has it already (${loaded.location})`;
        throw new ConfigurationError(told(reference, message));
      }
      placeOf.set(loaded.location, `${reference.use} at ${reference.locate()}`);
      modules.push(loaded);
    } catch (error) {
      // With its cause, where it is the only one.
      if (!(error instanceof ConfigurationError) || wanted.length === 1) throw error;
      problems.push(...error.problems);
    }
  }
  if (problems.length > 0) throw new ConfigurationError(problems);
  return modules;
}

async function load(reference: HandlerReference, cwd: string): Promise<LoadedModule> {
  const { use, folder } = reference;
  const location = await attempt(reference, () => locate(use, [folder, cwd]));
  const namespace = await attempt(
    reference,
    () => import(isOwn(use) ? use : pathToFileURL(location).href) as Promise<unknown>,
    (cause) => `it cannot be loaded: ${blame(cause, location)}`,
  );
  const { settings: schema, setUp } = await attempt(reference, () => exportsOf(namespace));
  const settings = readSettings(reference, schema);
  return {
    name: use,
    location,
    async setUp(setup) {
      const given = await attempt(
        reference,
        () => setUp({ ...setup, settings }),
        (cause) => `its set-up failed: ${blame(cause, location)}`,
        SetUpError,
      );
      return attempt(reference, () => checkHandlers(given, 'what its set-up gives'), messageOf, SetUpError);
    },
  };
}

/** Another copy may be installed elsewhere; the handlers that came with this one are meant. */
function isOwn(use: string): boolean {
  return use === 'samovar' || use.startsWith('samovar/');
}

async function locate(use: string, folders: readonly string[]): Promise<string> {
  return isOwn(use) ? locateOwn(use) : locateModule(use, folders);
}

function locateOwn(use: string): string {
  try {
    return fileURLToPath(import.meta.resolve(use));
  } catch (cause) {
    throw new Error('expected samovar/handlers or samovar/handlers/site, got no module of samovar', { cause });
  }
}

/** What `work` throws, with the module's name and the place that asks for it. */
async function attempt<T>(
  reference: HandlerReference,
  work: () => T | Promise<T>,
  tell: (cause: unknown) => string = messageOf,
  Kind: typeof ConfigurationError = ConfigurationError,
): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new Kind(told(reference, tell(cause)), { cause });
  }
}

function told(reference: HandlerReference, message: string): string {
  return `${reference.locate()}: handlers of ${reference.use}: ${message}`;
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
