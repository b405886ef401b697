import type { JsonSchema } from '../json-schema.js';
import type { Report } from './difference.js';

interface FieldPair {
  readonly was: JsonSchema | undefined;
  readonly is: JsonSchema | undefined;
  readonly at: string;
  readonly narrower: boolean;
  readonly wider: boolean;
}

/** What one side may leave out, and the other needs: what has a default is not needed. */
export function presence(
  before: JsonSchema,
  after: JsonSchema,
  name: string,
  was: JsonSchema | undefined,
  is: JsonSchema | undefined,
): { readonly narrower: boolean; readonly wider: boolean } {
  const [wasRequired, isRequired] = [before, after].map(({ required = [] }) => required.includes(name));
  return {
    narrower: wasRequired !== true && isRequired === true && is?.default === undefined,
    wider: isRequired !== true && wasRequired === true && was?.default === undefined,
  };
}

export function compareFields(
  { was, is, at, narrower, wider }: FieldPair,
  [before, after]: readonly [JsonSchema, JsonSchema],
  report: Report,
): void {
  if (!was && is) {
    const isUnknown = before.additionalProperties === false;
    const isOther = typeof before.additionalProperties === 'object';
    const what = narrower ? 'a required field was added' : 'a field was added';
    report({
      path: at,
      kind: 'field_added',
      what,
      narrower: narrower || isOther,
      wider: wider || isUnknown || isOther,
    });
  } else if (was && !is) {
    const isUnknown = after.additionalProperties === false;
    const isOther = typeof after.additionalProperties === 'object';
    const what = 'the field was removed';
    report({
      path: at,
      kind: 'field_removed',
      what,
      narrower: narrower || isUnknown || isOther,
      wider: wider || isOther,
    });
  } else if (narrower) {
    report({ path: at, kind: 'field_required', what: 'is required now', narrower, wider: false });
  } else if (wider) {
    report({ path: at, kind: 'field_optional', what: 'may be missing now', narrower: false, wider });
  }
}
