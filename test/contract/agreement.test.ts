import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { describeContract, type PartContract } from '../../src/contract/contract.js';
import type { Action } from '../../src/index.js';
import { createUsers, exampleActions } from './example-actions.js';
import { validatorOf } from './validator.js';
import { valuesOf } from './values.js';

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
