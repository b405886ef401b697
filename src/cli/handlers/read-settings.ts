import { ConfigurationError } from '../../config/configuration-error.js';
import type { HandlerReference } from '../../config/settings.js';
import type { SettingsSchema } from './module-shape.js';

/**
 * The settings of a module, as its schema parsed them; what is left out is an empty object to it.
 * @throws ConfigurationError with each issue and its place.
 */
export function readSettings(reference: HandlerReference, schema: SettingsSchema | undefined): unknown {
  const { use, settings } = reference;
  const isGiven = settings !== undefined && settings !== null;
  if (!schema) {
    if (!isGiven) return undefined;
    throw new ConfigurationError(
      `${reference.locate([])}: handlers of ${use}: expected no settings, since the module exports no schema called "settings"`,
    );
  }
  const parsed = parse(reference, schema, isGiven ? settings : {});
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => {
    const key = ['settings', ...path.map(String)].join('.');
    return `${reference.locate(path)}: handlers of ${use}: ${key}: ${message}`;
  });
  throw new ConfigurationError(issues);
}

function parse(reference: HandlerReference, schema: SettingsSchema, settings: unknown) {
  try {
    return schema.safeParse(settings);
  } catch (cause) {
    // zod throws for a refinement or transform that gives a promise.
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigurationError(
      `${reference.locate()}: handlers of ${reference.use}: expected its settings schema to parse synchronously and to throw nothing, got: ${why}`,
      { cause },
    );
  }
}
