import { asSchema, type JsonSchema } from '../../mock/json-schema.js';
import { createFormatNames } from './formats.js';
import { keyOf, literalCode, regexOf } from './literals.js';
import { call, chained, type Code, type ObjectCode } from './print.js';

/** The zod schema that accepts what a JSON Schema does; `nameOf` gives the constant that a reference means. */
export function createZodCode(nameOf: (reference: string) => string): (schema: JsonSchema) => Code {
  const formatOf = createFormatNames();

  function code(schema: JsonSchema): Code {
    const { 'x-secret': isSecret, default: fallback, ...value } = schema;
    const base = isSecret ? call('secret', bare(value)) : bare(value);
    // A default with a secret in it is not in the contract.
    if (fallback === undefined || holdsSecret(schema)) return base;
    return chained(base, isComplete(schema, fallback) ? 'default' : 'prefault', literalCode(fallback));
  }

  function bare(schema: JsonSchema): Code {
    const { $ref, allOf, anyOf, oneOf, not, type } = schema;
    if (schema.const !== undefined) return call('z.literal', literalCode(schema.const));
    if (schema.enum) return call('z.literal', literalCode(schema.enum));
    if (not !== undefined) return call('z.never');
    if (Array.isArray(type)) return severalTypes(schema, type as readonly string[]);
    const own = typeof type === 'string' ? ofType(type, schema) : undefined;
    const checks = own ? (allOf ?? []).filter(isPatternOnly) : [];
    const parts = [
      ...($ref === undefined ? [] : [nameOf($ref)]),
      ...(own ? [checks.reduce<Code>((so, { pattern = '' }) => withPattern(so, pattern), own)] : []),
      ...(allOf ?? []).filter((part) => !checks.includes(part)).map(code),
      ...(anyOf ? [union(anyOf)] : []),
      ...(oneOf ? [exclusiveUnion(oneOf)] : []),
    ];
    const [first, ...rest] = parts;
    if (first === undefined) return schema.properties ? object(schema) : call('z.unknown');
    return rest.reduce<Code>((left, right) => call('z.intersection', left, right), first);
  }

  function severalTypes(schema: JsonSchema, types: readonly string[]): Code {
    const others = types.filter((type) => type !== 'null');
    const codes = others.map((type) => bare({ ...schema, type }));
    const one =
      codes.length === 1 && codes[0] !== undefined ? codes[0] : call('z.union', { kind: 'list', items: codes });
    return others.length < types.length ? chained(one, 'nullable') : one;
  }

  function union(branches: readonly JsonSchema[]): Code {
    const [one, ...others] = branches.filter(({ type }) => type !== 'null');
    const isOneOrNull = one !== undefined && others.length === 0 && branches.length === 2;
    return isOneOrNull ? chained(code(one), 'nullable') : call('z.union', { kind: 'list', items: branches.map(code) });
  }

  function exclusiveUnion(branches: readonly JsonSchema[]): Code {
    const items: Code = { kind: 'list', items: branches.map(code) };
    const mark = markOf(branches);
    return mark === undefined ? call('z.xor', items) : call('z.discriminatedUnion', literalCode(mark), items);
  }

  function ofType(type: string, schema: JsonSchema): Code {
    switch (type) {
      case 'object':
        return object(schema);
      case 'array':
        return array(schema);
      case 'string':
        return string(schema);
      case 'integer':
      case 'number':
        return number(type, schema);
      default:
        return call(type === 'null' ? 'z.null' : 'z.boolean');
    }
  }

  function string(schema: JsonSchema): Code {
    const { pattern, minLength, maxLength } = schema;
    const name = formatOf(schema);
    const sized = checked(call(name ?? 'z.string'), [
      ['min', minLength],
      ['max', maxLength],
    ]);
    return name !== undefined || pattern === undefined ? sized : withPattern(sized, pattern);
  }

  function number(type: 'integer' | 'number', schema: JsonSchema): Code {
    const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
    const isWhole = type === 'integer';
    return checked(call(isWhole ? 'z.int' : 'z.number'), [
      ['min', isWhole && minimum === Number.MIN_SAFE_INTEGER ? undefined : minimum],
      ['gt', exclusiveMinimum],
      ['max', isWhole && maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum],
      ['lt', exclusiveMaximum],
      ['multipleOf', multipleOf],
    ]);
  }

  function array({ prefixItems, items, minItems, maxItems }: JsonSchema): Code {
    if (!prefixItems) {
      return checked(call('z.array', code(asSchema(items))), [
        ['min', minItems],
        ['max', maxItems],
      ]);
    }
    const { length } = prefixItems;
    const places = prefixItems.map((item, index) =>
      index < (minItems ?? length) ? code(item) : chained(code(item), 'optional'),
    );
    const rest = items === undefined || items === false ? [] : [code(asSchema(items))];
    return call('z.tuple', { kind: 'list', items: places }, ...rest);
  }

  function object(schema: JsonSchema): Code {
    const { properties, required = [], propertyNames, patternProperties = {}, additionalProperties: others } = schema;
    const [value] = Object.values(patternProperties);
    if (!properties && value) {
      const key = Object.keys(patternProperties).reduce<Code>(withPattern, call('z.string'));
      return call('z.looseRecord', key, code(value));
    }
    if (!properties && propertyNames && others !== undefined && others !== false) {
      const isEvery = propertyNames.enum !== undefined || propertyNames.const !== undefined;
      const isPartial = isEvery && required.length === 0;
      return call(isPartial ? 'z.partialRecord' : 'z.record', code(propertyNames), code(asSchema(others)));
    }
    const fields = Object.entries(properties ?? {}).map(([name, field]) => ({
      key: keyOf(name),
      value: required.includes(name) || hasDefault(field) ? code(field) : optional(code(field)),
      doc: docOf(field),
    }));
    const shape: ObjectCode = { kind: 'object', fields, isExpanded: true };
    if (others === false) return call('z.strictObject', shape);
    if (others === undefined) return call('z.object', shape);
    return isAnything(others)
      ? call('z.looseObject', shape)
      : chained(call('z.object', shape), 'catchall', code(asSchema(others)));
  }

  return code;
}

/** What a reader of the code is told of a place. */
export function docOf({ description, 'x-refined': isRefined }: JsonSchema): string[] {
  const lines = description === undefined ? [] : [description];
  return isRefined === true ? [...lines, 'The worker checks it further.'] : lines;
}

function hasDefault(schema: JsonSchema): boolean {
  return schema.default !== undefined && !holdsSecret(schema);
}

function holdsSecret(schema: JsonSchema): boolean {
  return JSON.stringify(schema).includes('"x-secret":true');
}

function isAnything(schema: JsonSchema | boolean): boolean {
  return schema === true || (typeof schema === 'object' && Object.keys(schema).length === 0);
}

function isPatternOnly(schema: JsonSchema): boolean {
  return schema.pattern !== undefined && Object.keys(schema).length === 1;
}

function optional(code: Code): Code {
  if (typeof code === 'string' || code.kind !== 'call' || code.then.at(-1)?.method !== 'nullable') {
    return chained(code, 'optional');
  }
  return { ...code, then: [...code.then.slice(0, -1), { method: 'nullish', args: [] }] };
}

function withPattern(code: Code, pattern: string): Code {
  const regex = regexOf(pattern);
  return regex === undefined ? code : chained(code, 'regex', regex);
}

function checked(code: Code, checks: readonly (readonly [method: string, limit: number | undefined])[]): Code {
  return checks.reduce<Code>(
    (so, [method, limit]) => (limit === undefined ? so : chained(so, method, literalCode(limit))),
    code,
  );
}

/** Whether a value has all that its schema has defaults for. Only such a value may be a default, which is not parsed. */
function isComplete({ properties = {}, items, anyOf = [], oneOf = [] }: JsonSchema, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every((item) => isComplete(asSchema(items), item));
  const kinds = [...anyOf, ...oneOf].filter((branch) => branch.properties);
  if (kinds.length > 0 && !kinds.some((branch) => isComplete(branch, value))) return false;
  const given = new Map(Object.entries(value));
  return Object.entries(properties).every(([name, field]) =>
    given.has(name) ? isComplete(field, given.get(name)) : field.default === undefined,
  );
}

/** The property that tells the branches of a union apart, if there is one. */
function markOf(branches: readonly JsonSchema[]): string | undefined {
  return Object.keys(branches[0]?.properties ?? {}).find((name) => {
    const marks = branches.map(({ properties = {}, required = [] }) => {
      const field = required.includes(name) && Object.hasOwn(properties, name) ? properties[name] : undefined;
      return field?.const ?? field?.enum;
    });
    const values = marks.flat();
    return !values.includes(undefined) && new Set(values).size === values.length;
  });
}
