import { resolve, type JsonSchema } from '../../mock/json-schema.js';
import { shown } from './difference.js';
import { valuesOf } from './literal-values.js';

/** The kinds of values that a schema takes; literal values are one kind. */
export function branchesOf(schema: JsonSchema, root: JsonSchema): readonly JsonSchema[] {
  const { $ref, anyOf, oneOf, type, default: _, ...others } = schema;
  if ($ref !== undefined) return branchesOf({ ...resolve(root, $ref), ...others }, root);
  const union = anyOf ?? oneOf;
  if (union) return merged(union.flatMap((branch) => branchesOf(branch, root)));
  if (!Array.isArray(type)) return [{ ...others, ...(type !== undefined && { type }) }];
  return (type as readonly string[]).map((one) => ({ ...others, type: one }));
}

function merged(branches: readonly JsonSchema[]): readonly JsonSchema[] {
  const values = branches.flatMap((branch) => valuesOf(branch) ?? []);
  const others = branches.filter((branch) => valuesOf(branch) === undefined);
  return values.length === 0 ? others : [...others, { enum: values }];
}

/** Compares what belongs together; resolves to what is left on both sides. */
export function paired(
  old: readonly JsonSchema[],
  now: readonly JsonSchema[],
  compareTwo: (before: JsonSchema, after: JsonSchema) => void,
): readonly [readonly JsonSchema[], readonly JsonSchema[]] {
  if (old.length === 1 && now.length === 1 && old[0] && now[0]) {
    compareTwo(old[0], now[0]);
    return [[], []];
  }
  const [left, added] = [[...old], [...now]];
  for (const keyOf of [(one: JsonSchema) => JSON.stringify(one), markOf]) {
    for (const one of [...left]) {
      const key = keyOf(one);
      const isAlone = (all: readonly JsonSchema[]) => all.filter((other) => keyOf(other) === key).length === 1;
      const match = added.find((other) => keyOf(other) === key);
      if (!match || !isAlone(left) || !isAlone(added)) continue;
      compareTwo(one, match);
      left.splice(left.indexOf(one), 1);
      added.splice(added.indexOf(match), 1);
    }
  }
  return [left, added];
}

/** Tells the kinds of a union apart: by the literal values in them, else by their type. */
function markOf(schema: JsonSchema): string {
  const marks = Object.entries(schema.properties ?? {}).flatMap(([name, field]) =>
    field.const === undefined ? [] : [[name, field.const]],
  );
  return JSON.stringify([valuesOf(schema) ? 'values' : schema.type, marks]);
}

export function nameOf(schema: JsonSchema): string {
  const values = valuesOf(schema);
  if (values) return values.map(shown).join(' or ');
  const marks = Object.entries(schema.properties ?? {}).flatMap(([name, field]) =>
    field.const === undefined ? [] : [`${name} ${shown(field.const)}`],
  );
  return [schema.type === undefined ? 'any value' : `of type ${String(schema.type)}`, ...marks].join(' with ');
}
