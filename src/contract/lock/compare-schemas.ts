import { asSchema, resolve, type JsonSchema } from '../../mock/json-schema.js';
import { branchesOf, nameOf, paired } from './branches.js';
import { limitChanges } from './constraints.js';
import { shown, type Difference, type Report } from './difference.js';
import { compareValues, valuesOf } from './literal-values.js';
import { compareFields, presence } from './presence.js';

/**
 * Where two schemas differ, and which of them takes more. Whatever is told as neither narrower nor wider changes nothing
 * about which values are taken, but for keys that the sender's schema does not name.
 */
export function compareSchemas(beforeRoot: JsonSchema, afterRoot: JsonSchema): Difference[] {
  const found: Difference[] = [];
  compare(beforeRoot, afterRoot, '', new Set(), (difference) => void found.push(difference));
  return found;

  function compare(
    before: JsonSchema,
    after: JsonSchema,
    path: string,
    seen: ReadonlySet<string>,
    report: Report,
  ): void {
    const pair = JSON.stringify([referred(before, beforeRoot), referred(after, afterRoot)]);
    // What refers to itself differs where it was found to differ before.
    if (seen.has(pair)) return;
    const within = new Set([...seen, pair]);
    if (JSON.stringify(before.default) !== JSON.stringify(after.default)) {
      const what = `default changed from ${shown(before.default)} to ${shown(after.default)}`;
      report({ path, kind: 'default_changed', what, narrower: false, wider: false });
    }
    const [old, now] = [branchesOf(before, beforeRoot), branchesOf(after, afterRoot)];
    const [left, added] = paired(old, now, (a, b) => comparePlain(a, b, path, within, report));
    for (const one of left) {
      const isCovered = now.some((other) => !differs(one, other, path, within, 'narrower'));
      const kind = old.length === 1 ? 'type_changed' : 'variant_removed';
      if (!isCovered) report({ path, kind, what: `no longer ${nameOf(one)}`, narrower: true, wider: false });
    }
    for (const one of added) {
      const isCovered = old.some((other) => !differs(other, one, path, within, 'wider'));
      const kind = old.length === 1 && now.length === 1 ? 'type_changed' : 'variant_added';
      if (!isCovered) report({ path, kind, what: `may be ${nameOf(one)} now`, narrower: false, wider: true });
    }
  }

  function differs(
    before: JsonSchema,
    after: JsonSchema,
    path: string,
    seen: ReadonlySet<string>,
    way: 'narrower' | 'wider',
  ) {
    let isFound = false;
    comparePlain(before, after, path, seen, (difference) => (isFound ||= difference[way]));
    return isFound;
  }

  /** Two schemas of one kind of value each. */
  function comparePlain(
    before: JsonSchema,
    after: JsonSchema,
    path: string,
    seen: ReadonlySet<string>,
    report: Report,
  ): void {
    const changed = (kind: Difference['kind'], what: string, narrower: boolean, wider: boolean) =>
      report({ path, kind, what, narrower, wider });
    const [isSecret, wasSecret] = [after['x-secret'] === true, before['x-secret'] === true];
    if (isSecret !== wasSecret)
      changed('secret_changed', isSecret ? 'is a secret now' : 'is no secret any more', true, true);
    const [isRefined, wasRefined] = [after['x-refined'] === true, before['x-refined'] === true];
    if (isRefined !== wasRefined) {
      const what = isRefined ? 'is checked further now' : 'is not checked further any more';
      changed('check_changed', what, isRefined, wasRefined);
    }
    const [old, now] = [valuesOf(before), valuesOf(after)];
    if (old || now) {
      compareValues(old, now, before, after, changed);
      return;
    }
    const [type, newType] = [String(before.type ?? 'any'), String(after.type ?? 'any')];
    const isNumber = type === 'integer' && newType === 'number';
    const wasNumber = type === 'number' && newType === 'integer';
    if (type !== newType && !isNumber && !wasNumber) {
      changed('type_changed', `type changed from ${type} to ${newType}`, newType !== 'any', type !== 'any');
      return;
    }
    if (isNumber || wasNumber) changed('type_changed', `type changed from ${type} to ${newType}`, wasNumber, isNumber);
    for (const limit of limitChanges(before, after, type)) report({ path, ...limit });
    if (type === 'object') compareObjects(before, after, path, seen, report);
    if (type === 'array') compareArrays(before, after, path, seen, report);
    const others = (schema: JsonSchema) =>
      JSON.stringify([schema.not, schema.allOf?.filter((part) => Object.keys(part).join() !== 'pattern')]);
    if (others(before) !== others(after))
      changed('check_changed', 'changed in a way that is not looked into', true, true);
  }

  function compareObjects(
    before: JsonSchema,
    after: JsonSchema,
    path: string,
    seen: ReadonlySet<string>,
    report: Report,
  ): void {
    const [old, now] = [before.properties ?? {}, after.properties ?? {}];
    for (const name of new Set([
      ...Object.keys(old),
      ...Object.keys(now),
      ...(before.required ?? []),
      ...(after.required ?? []),
    ])) {
      const at = path === '' ? name : `${path}.${name}`;
      const [was, is] = [own(old, name), own(now, name)];
      compareFields({ was, is, at, ...presence(before, after, name, was, is) }, [before, after], report);
      if (was && is) compare(was, is, at, seen, report);
    }
    const [patterns, newPatterns] = [before.patternProperties ?? {}, after.patternProperties ?? {}];
    for (const pattern of new Set([...Object.keys(patterns), ...Object.keys(newPatterns)])) {
      const [was, is] = [own(patterns, pattern), own(newPatterns, pattern)];
      const what = `keys like ${pattern} are ${is ? 'checked now' : 'not checked any more'}`;
      if (was && is) compare(was, is, `${path}.*`, seen, report);
      else
        report({ path: `${path}.*`, kind: 'check_changed', what, narrower: is !== undefined, wider: is === undefined });
    }
    const keys = [before.propertyNames, after.propertyNames] as const;
    if (keys[0] && keys[1]) compare(keys[0], keys[1], `${path}.*`, seen, report);
    const [others, newOthers] = [before.additionalProperties, after.additionalProperties];
    if (typeof others === 'object' && typeof newOthers === 'object')
      compare(others, newOthers, `${path}.*`, seen, report);
    else if (newOthers === others) return;
    else if (newOthers === false) {
      report({ path, kind: 'strictness_changed', what: 'refuses unknown keys now', narrower: true, wider: false });
    } else if (others === false && newOthers !== undefined) {
      report({ path, kind: 'strictness_changed', what: 'may have unknown keys now', narrower: false, wider: true });
    } else if (others === false && newOthers === undefined) {
      report({ path, kind: 'strictness_changed', what: 'ignores unknown keys now', narrower: false, wider: false });
    } else if (JSON.stringify(others) !== JSON.stringify(newOthers)) {
      const [isOpen, wasOpen] = [typeof newOthers === 'object', typeof others === 'object'];
      report({
        path,
        kind: 'strictness_changed',
        what: 'takes other unknown keys now',
        narrower: isOpen,
        wider: wasOpen,
      });
    }
  }

  function compareArrays(
    before: JsonSchema,
    after: JsonSchema,
    path: string,
    seen: ReadonlySet<string>,
    report: Report,
  ): void {
    const places = Math.max(before.prefixItems?.length ?? 0, after.prefixItems?.length ?? 0);
    const itemAt = ({ prefixItems = [], items }: JsonSchema, index: number) => asSchema(prefixItems[index] ?? items);
    for (let index = 0; index < places; index++) {
      const [was, is] = [itemAt(before, index), itemAt(after, index)];
      // How long a tuple may be is told by its limits.
      if (was.not === undefined && is.not === undefined) compare(was, is, `${path}[${index}]`, seen, report);
    }
    const [rest, newRest] = [asSchema(before.items), asSchema(after.items)];
    if (rest.not === undefined && newRest.not === undefined) compare(rest, newRest, `${path}[]`, seen, report);
  }
}

function own(fields: Readonly<Record<string, JsonSchema>>, name: string): JsonSchema | undefined {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

/** What a schema stands for, the same for all that refer to it. */
function referred({ $ref, ...own }: JsonSchema, root: JsonSchema): JsonSchema {
  const { $defs: _, default: _default, ...schema } = $ref === undefined ? own : resolve(root, $ref);
  return schema;
}
