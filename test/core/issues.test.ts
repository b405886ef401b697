import { expect, test } from 'vitest';
import { z } from 'zod';
import { issuesOf } from '../../src/core/errors.js';

const issuesIn = (schema: z.ZodType, value: unknown) => issuesOf(schema.safeParse(value).error ?? { issues: [] });

test('of a request with a great many mistakes the first thousand are told, and how many more there are', () => {
  const issues = issuesIn(z.array(z.string()), Array(5_000).fill(1));
  expect(issues).toHaveLength(1_001);
  expect(issues[999]).toMatchObject({ location: [999], type: 'invalid_type' });
  expect(issues.at(-1)).toEqual({ location: [], message: 'and 4000 more', type: 'too_many_issues' });
});

test('what is told of a request stays short, however long its names are', () => {
  const long = 'x'.repeat(50_000);
  const named = z.record(z.string(), z.record(z.string(), z.string()));
  const wrong = { [long]: Object.fromEntries(Array.from({ length: 100 }, (_, nth) => [`${nth}`, nth])) };
  expect(JSON.stringify(issuesIn(named, wrong)).length).toBeLessThan(70_000);
  expect(JSON.stringify(issuesIn(z.strictObject({}), { [long]: 1 })).length).toBeLessThan(2_000);
});
