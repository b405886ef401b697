import { pathToFileURL } from 'node:url';
import type { HandlerReference, VirtualHost } from '../../config/settings.js';
import type { Action } from '../../core/action.js';
import { isRecord } from '../../core/reply.js';
import { installedPackages } from '../handlers/installed.js';
import { locateModule } from '../handlers/locate.js';

export interface KnownActions {
  readonly byName: ReadonlyMap<string, Action>;
  /** The modules that could not be read, one sentence each. */
  readonly problems: readonly string[];
}

/**
 * The actions of the handler modules at hand: those they export by name, and those of handlers they export. Nothing is
 * set up for it, and no settings are needed: a caller must not open what belongs to a worker.
 */
export async function knownActions(
  handlers: VirtualHost['handlers'],
  { cwd, folder }: { readonly cwd: string; readonly folder: string },
): Promise<KnownActions> {
  const byName = new Map<string, Action>();
  const problems: string[] = [];
  // A caller without any package is none the worse for it.
  const references = handlers === 'auto' ? await installedPackages([folder, cwd]).catch(() => []) : handlers;
  for (const reference of references) {
    try {
      for (const action of await actionsOf(reference, cwd))
        if (!byName.has(action.name)) byName.set(action.name, action);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      problems.push(`${reference.locate()}: handlers of ${reference.use} cannot be read: ${reason}`);
    }
  }
  return { byName, problems };
}

async function actionsOf({ use, folder }: HandlerReference, cwd: string): Promise<Action[]> {
  // Its own modules are found by their names from wherever it runs.
  const specifier = use.startsWith('samovar/') ? use : pathToFileURL(await locateModule(use, [folder, cwd])).href;
  const namespace = (await import(specifier)) as Readonly<Record<string, unknown>>;
  const exported = Object.values(namespace).flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : [value]));
  return exported.flatMap((value) => {
    if (isAction(value)) return [value];
    return isRecord(value) && isAction(value['action']) ? [value['action']] : [];
  });
}

/** Those made with another copy of samovar or zod will do. */
function isAction(value: unknown): value is Action {
  return (
    isRecord(value) &&
    typeof value['name'] === 'string' &&
    isRecord(value['errors']) &&
    [value['request'], value['response']].every(
      (schema) => typeof schema === 'object' && schema !== null && 'safeParse' in schema,
    )
  );
}
