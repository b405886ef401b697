import fc from 'fast-check';
import type { JsonSchema } from '../../src/contract/json-schema.js';
import { createDice } from '../../src/mock/dice.js';
import { createGenerator } from '../../src/mock/generate.js';
import { createSeededRandom } from '../../src/testing/seeded-random.js';

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
  // To zod, what is next to nothing is a multiple of anything.
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (Math.abs(value) < 1e-9 ? 0 : value)),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('\u{1f375}'.repeat(40), '\u{1f375}'.repeat(65)),
);
const edits = fc.array(fc.record({ at: fc.nat(), how: fc.constantFrom('replace', 'remove', 'add'), value: odd }), {
  maxLength: 3,
});

/** Values that the schema mostly accepts, changed in a few places. */
export function valuesOf(schema: JsonSchema): fc.Arbitrary<unknown> {
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
