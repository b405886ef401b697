import { asSchema, resolve, type JsonSchema } from '../../mock/json-schema.js';
import { createNames, type Names } from '../names.js';
import { docstring, pythonLiteral, pythonName } from './words.js';

export interface ModelWriter {
  /** The type of the values of a schema, as Python writes it; what it needs has been written before. */
  typeOf(root: JsonSchema, name: string, about: string): string;
  readonly text: string;
}

/** Writes the models of schemas: one for each kind of object in them. */
export function createModelWriter(names: Names): ModelWriter {
  const classes: string[] = [];
  const recursive = new Set<string>();

  function writerOf(root: JsonSchema, rootName: string) {
    /** Of what is referred to: its model, once it is begun. */
    const known = new Map<string, string | undefined>();
    /** The models that are being written, the innermost last. */
    const begunModels: string[] = [];

    function type(schema: JsonSchema, name: string, about: string): string {
      if (schema['x-secret'] === true) return 'SecretStr';
      const values = schema.enum ?? (schema.const === undefined ? undefined : [schema.const]);
      if (values) return literals(values);
      const { $ref, anyOf, oneOf, allOf, not } = schema;
      if ($ref !== undefined) return referred($ref);
      if (not !== undefined) return 'None';
      const union = anyOf ?? oneOf;
      if (union) return unionOf(union.map((one, index) => type(one, markOf(one, name, index), about)));
      if (allOf?.some((part) => Object.keys(part).join() !== 'pattern')) return 'Any';
      const types = schema.type === undefined ? [] : [schema.type].flat();
      return types.length === 0 ? 'Any' : unionOf(types.map((one) => ofType(one, schema, name, about)));
    }

    function referred(reference: string): string {
      const schema = resolve(root, reference);
      if (known.has(reference)) {
        const begun = known.get(reference);
        // All in between wait for it, too, in pydantic 1.
        const first = begun === undefined ? -1 : begunModels.indexOf(begun);
        if (first !== -1) for (const waiting of begunModels.slice(first)) recursive.add(waiting);
        return begun === undefined ? 'Any' : `"${begun}"`;
      }
      const own = `${rootName}${pascal(reference.replace('#/$defs/', '').replace('#', ''))}`;
      const isModel = schema.properties !== undefined;
      const name = isModel ? names.take(own) : undefined;
      known.set(reference, name);
      if (name === undefined) {
        const inline = type(schema, own, '');
        known.delete(reference);
        return inline;
      }
      model(schema, name, schema.description ?? '');
      return `"${name}"`;
    }

    function ofType(one: string, schema: JsonSchema, name: string, about: string): string {
      switch (one) {
        case 'object':
          return object(schema, name, about);
        case 'array':
          return array(schema, name);
        case 'string':
          return constrained('constr', 'StrictStr', [
            ['min_length', schema.minLength],
            ['max_length', schema.maxLength],
          ]);
        case 'integer':
          return constrained('conint', 'StrictInt', numberLimits(schema));
        case 'number':
          return constrained('confloat', 'float', numberLimits(schema));
        default:
          return one === 'null' ? 'None' : 'StrictBool';
      }
    }

    function array({ prefixItems, items, minItems, maxItems }: JsonSchema, name: string): string {
      if (prefixItems) {
        const isPlain = minItems === prefixItems.length && (items === undefined || items === false);
        const places = prefixItems.map((item, index) => type(item, `${name}Place${index + 1}`, ''));
        return isPlain ? `Tuple[${places.join(', ')}]` : 'List[Any]';
      }
      const item = type(asSchema(items), `${name}Item`, '');
      // Limits and a model that is not complete yet do not go together in pydantic 1.
      if ((minItems === undefined && maxItems === undefined) || item.includes('"')) return `List[${item}]`;
      const limits = [
        minItems === undefined ? [] : `least=${minItems}`,
        maxItems === undefined ? [] : `most=${maxItems}`,
      ].flat();
      return `list_of(${[item, ...limits].join(', ')})`;
    }

    function object(schema: JsonSchema, name: string, about: string): string {
      const { properties, additionalProperties: others } = schema;
      if (properties === undefined || Object.keys(properties).length === 0) {
        const value = others === undefined || others === false ? 'Any' : type(asSchema(others), `${name}Value`, '');
        return `Dict[str, ${value}]`;
      }
      const free = names.take(name);
      model(schema, free, schema.description ?? about);
      return free;
    }

    function model(schema: JsonSchema, name: string, about: string): void {
      const { properties = {}, required = [], additionalProperties: others } = schema;
      begunModels.push(name);
      const fieldNames = createNames([]);
      const fields = Object.entries(properties).map(([key, field]) =>
        fieldText(
          fieldNames.take(pythonName(key)),
          key,
          field,
          required.includes(key),
          type(field, `${name}${pascal(key)}`, ''),
        ),
      );
      begunModels.pop();
      const base = others === undefined || others === false ? 'Model' : 'OpenModel';
      const body = [...(about === '' ? [] : [docstring(about, '    ')]), ...fields].join('\n');
      classes.push(`class ${name}(${base}):\n${body === '' ? '    pass\n' : body}`);
    }

    return type;
  }

  return {
    typeOf(root, name, about) {
      const isReferred = JSON.stringify(root).includes('"$ref":"#"');
      return writerOf(root, name)(isReferred ? { $ref: '#' } : root, name, about).replace(/^"(\w+)"$/, '$1');
    },
    get text() {
      const rebuilt = [...recursive].sort().map((name) => `complete(${name})\n`);
      return [...classes, ...(rebuilt.length > 0 ? [rebuilt.join('')] : [])].join('\n\n');
    },
  };
}

function fieldText(name: string, key: string, field: JsonSchema, isRequired: boolean, type: string): string {
  const { default: fallback, description, pattern } = field;
  const isScalar =
    fallback !== undefined && fallback !== null && typeof fallback !== 'object' && field['x-secret'] !== true;
  const mayBeMissing = !isRequired || fallback !== undefined;
  const hint = fallback !== undefined && !isScalar ? `By default: ${pythonLiteral(fallback)}` : undefined;
  const told = [
    description,
    pattern !== undefined && field.format === undefined ? `Matches ${pattern}` : undefined,
    hint,
  ];
  const words = told.filter((one) => one !== undefined).join(' ');
  const first = isScalar ? pythonLiteral(fallback) : mayBeMissing ? 'None' : '...';
  const parts = [
    first,
    ...(name === key ? [] : [`alias=${JSON.stringify(key)}`]),
    ...(words === '' ? [] : [`description=${JSON.stringify(words)}`]),
  ];
  const annotation =
    mayBeMissing && !isScalar && !type.startsWith('Optional[') && type !== 'Any' ? `Optional[${type}]` : type;
  // What may be None is not required in pydantic 1, unless that is said.
  const isSaid = first !== '...' || /^(Optional\[|Any$|None$)/.test(annotation);
  if (parts.length === 1) return `    ${name}: ${annotation}${isSaid ? ` = ${first}` : ''}\n`;
  return `    ${name}: ${annotation} = Field(\n${parts.map((part) => `        ${part},\n`).join('')}    )\n`;
}

function literals(values: readonly unknown[]): string {
  const named = values.filter((value) => value !== null);
  // Python's literals are no floating point numbers.
  if (named.some((value) => typeof value === 'number' && !Number.isInteger(value))) return 'Any';
  const type = named.length === 0 ? 'None' : `Literal[${named.map(pythonLiteral).join(', ')}]`;
  return named.length < values.length && named.length > 0 ? `Optional[${type}]` : type;
}

/** What turns other values into its own comes last: pydantic 1 takes the first that fits. */
function unionOf(types: readonly string[]): string {
  const all = [...new Set(types)];
  const some = all.filter((type) => type !== 'None');
  const late = (type: string) => Number(type === 'float' || type.startsWith('confloat'));
  const ordered = [...some].sort((a, b) => late(a) - late(b));
  const one =
    ordered.length === 0 ? 'None' : ordered.length === 1 ? String(ordered[0]) : `Union[${ordered.join(', ')}]`;
  if (ordered.includes('Any')) return 'Any';
  return some.length < all.length && some.length > 0 ? `Optional[${one}]` : one;
}

function constrained(maker: string, plain: string, limits: readonly (readonly [string, number | undefined])[]): string {
  const given = limits.flatMap(([name, limit]) => (limit === undefined ? [] : [`${name}=${limit}`]));
  if (given.length === 0) return plain;
  return `${maker}(${[...(maker === 'confloat' ? [] : ['strict=True']), ...given].join(', ')})`;
}

function numberLimits({ type, minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf }: JsonSchema) {
  const natural = (limit: number | undefined) =>
    type !== 'number' && Math.abs(limit ?? 0) === Number.MAX_SAFE_INTEGER ? undefined : limit;
  return [
    ['ge', natural(minimum)],
    ['gt', exclusiveMinimum],
    ['le', natural(maximum)],
    ['lt', exclusiveMaximum],
    ['multiple_of', multipleOf],
  ] as const;
}

function markOf({ properties = {} }: JsonSchema, name: string, index: number): string {
  const mark = Object.values(properties).find((field) => typeof field.const === 'string')?.const;
  return `${name}${typeof mark === 'string' && pascal(mark) !== '' ? pascal(mark) : `Kind${index + 1}`}`;
}

export function pascal(text: string): string {
  return text
    .split(/[^A-Za-z0-9]+/)
    .map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)
    .join('');
}
