import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { describeContract, type PartContract } from '../../src/contract/contract.js';
import type { JsonSchema } from '../../src/contract/json-schema.js';
import { createDice } from '../../src/mock/dice.js';
import { createGenerator } from '../../src/mock/generate.js';
import type { Action } from '../../src/index.js';
import { createSeededRandom } from '../../src/testing/seeded-random.js';
import { createUsers, exampleActions } from './example-actions.js';
import { validatorOf } from './validator.js';

/** Values at the borders of what schemas say, and far beyond. */
const odd = fc.oneof(
  fc.constantFrom<unknown>(null, '', ' ', 'a', '0', -1, 0, 0.5, 1, 1.5, 100, 101, 500, 501, 1e21, true, [], {}, [null]),
  fc.constantFrom(
    'onion',
    'admin',
    '/',
    '/srv/trees',
    'a/../b',
    '2024-01-01T00:00:00Z',
    'x'.repeat(64),
    'x'.repeat(65),
  ),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('\u{1f375}'.repeat(40), '\u{1f375}'.repeat(65)),
);
const edits = fc.array(fc.record({ at: fc.nat(), how: fc.constantFrom('replace', 'remove', 'add'), value: odd }), {
  maxLength: 3,
});

/** Values that the schema mostly accepts, changed in a few places. */
function valuesOf(schema: JsonSchema): fc.Arbitrary<unknown> {
  const generate = createGenerator(schema);
  return fc.tuple(fc.nat(), fc.boolean(), edits).map(([seed, isGuided, changes]) => {
    const draw = (guided: boolean) => generate(createDice(createSeededRandom(seed)), guided);
    const drawn = isGuided
      ? draw(true)
      : attempt(
          () => draw(false),
          () => draw(true),
        );
    const holder = { value: JSON.parse(JSON.stringify(drawn)) as unknown };
    for (const change of changes) edit(holder, change);
    return holder.value;
  });
}

/** Some patterns cannot be drawn from: there the schema has examples. */
function attempt<T>(work: () => T, otherwise: () => T): T {
  try {
    return work();
  } catch {
    return otherwise();
  }
}

function edit(holder: object, { at, how, value }: { at: number; how: string; value: unknown }): void {
  const places: { readonly owner: object; readonly key: string }[] = [];
  const collect = (owner: object) => {
    for (const [key, inner] of Object.entries(owner) as [string, unknown][]) {
      places.push({ owner, key });
      if (typeof inner === 'object' && inner !== null) collect(inner);
    }
  };
  collect(holder);
  const place = places[at % places.length];
  if (!place) return;
  if (how === 'remove' && place.owner !== holder) Reflect.deleteProperty(place.owner, place.key);
  else if (how === 'add' && place.owner !== holder) Reflect.set(place.owner, 'unheard_of', value);
  else Reflect.set(place.owner, place.key, value);
  // An array with a hole is no JSON.
  const copy = JSON.parse(JSON.stringify(holder)) as object;
  Object.assign(holder, copy);
}

function compare(
  schema: z.ZodType,
  { schema: written }: PartContract,
  side: 'input' | 'output',
  numRuns: number,
): void {
  const validate = validatorOf(written);
  const isRefined = JSON.stringify(written).includes('"x-refined":true');
  const seen = { accepted: 0, refused: 0 };
  fc.assert(
    fc.property(valuesOf(written), (value) => {
      const parsed = schema.safeParse(value);
      const byZod = parsed.success;
      // A reply that left its worker has all defaults in it; only then it is what is described.
      const described = byZod && side === 'output' ? plain(parsed.data, value) : value;
      const byAjv = validate(described);
      seen[byZod ? 'accepted' : 'refused']++;
      if (byZod !== byAjv && !(isRefined && byAjv)) {
        expect.fail(`zod ${byZod}, ajv ${byAjv}: ${JSON.stringify(value)} ${JSON.stringify(validate.errors)}`);
      }
    }),
    { numRuns, seed: 7 },
  );
  expect(seen.accepted).toBeGreaterThan(0);
  if (written.type !== 'null' && JSON.stringify(written) !== '{}') expect(seen.refused).toBeGreaterThan(0);
}

/** What the worker sends; secrets, which it would encrypt, as they came. */
function plain(parsed: unknown, value: unknown): unknown {
  const text = JSON.stringify(parsed);
  return text.includes('[secret]') ? value : (JSON.parse(text) as unknown);
}

const actions = [createUsers as Action, ...exampleActions].map((action) => [action.name, action] as const);

describe.each(actions)('%s', (_name, action) => {
  const [contract] = describeContract([action]).actions;
  if (!contract) throw new Error('expected one action');

  test('JSON Schema and the worker accept and refuse the same requests', () => {
    compare(action.request, contract.request, 'input', 3_000);
  });

  test('JSON Schema and the worker accept and refuse the same replies', () => {
    compare(action.response, contract.response, 'output', 2_000);
  });

  test('JSON Schema and the worker accept and refuse the same errors', () => {
    for (const error of contract.errors) {
      const schema = action.errors[error.name];
      if (schema) compare(schema, error, 'output', 300);
    }
  });

  test('each example is accepted by the worker and by its JSON Schema', () => {
    const parts = [
      [contract.request, action.request],
      [contract.response, action.response],
      ...contract.errors.map((error) => [error, action.errors[error.name]] as const),
    ] as const;
    for (const [{ schema, example }, own] of parts) {
      expect(example).toBeDefined();
      expect(validatorOf(schema)(example)).toBe(true);
      expect(own?.safeParse(example).success).toBe(true);
    }
  });
});
