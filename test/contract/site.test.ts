import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineAction, RpcError, type Action } from '../../src/index.js';
import { errorCodes, isOutcomeGiven } from '../../src/core/errors.js';
import { describeContract } from '../../src/contract/contract.js';
import type { JsonSchema } from '../../src/contract/json-schema.js';
import { contractFiles } from '../../src/contract/files.js';
import { replaceSecrets } from '../../src/contract/secret-values.js';
import { exampleToken } from '../../src/contract/wire-schema.js';
import { createUsers, exampleActions, exampleContract } from './example-actions.js';
import { validatorOf } from './validator.js';

const contract = exampleContract();
const files = new Map(contractFiles(contract).map(({ path, text }) => [path, text]));
const page = (path: string): string => files.get(path) ?? expect.fail(`there is no ${path}`);
const users = page('actions/users~create.many-at_once.html');

test('the same handlers give the same bytes, in any order', () => {
  const actions: Action[] = [createUsers, ...exampleActions];
  const build = (given: readonly Action[]) => contractFiles(describeContract(given));
  expect(build(actions.toReversed())).toEqual(build(actions));
});

test('every action has a page of its own, and its schemas a file each', () => {
  for (const { name, errors } of contract.actions) {
    const file = name.replaceAll(':', '~');
    const schemas = ['request', 'response', ...errors.map((error) => `errors/${error.name}`)];
    expect([...files.keys()]).toEqual(
      expect.arrayContaining([`actions/${file}.html`, ...schemas.map((part) => `schemas/${file}/${part}.json`)]),
    );
    expect(page('index.html')).toContain(`href="actions/${file}.html"`);
  }
});

test('of many actions a page lists those around its own, so that a site grows no faster than its contract', () => {
  const sizeOf = (count: number) => {
    const actions = Array.from({ length: count }, (_, nth) => {
      const name = `act_${String(nth).padStart(3, '0')}`;
      return defineAction({ name, summary: '', request: z.object({}), response: z.null() });
    });
    const pages = contractFiles(describeContract(actions)).filter(({ path }) => path.startsWith('actions/'));
    const [middle] = pages.slice(count / 2).map(({ text }) => text);
    return { middle, bytes: pages.reduce((sum, { text }) => sum + text.length, 0) / count };
  };
  const { middle, bytes } = sizeOf(400);
  expect(bytes).toBeLessThan(sizeOf(100).bytes);
  for (const listed of ['All 400 actions', '>act_180<', '>act_199<', '>act_220<']) expect(middle).toContain(listed);
  expect(middle).not.toContain('>act_221<');
  expect(middle).not.toContain('type="search"');
});

test('a JSON Schema names its dialect, itself and what it is of', () => {
  expect(JSON.parse(page('schemas/users~create.many-at_once/request.json'))).toMatchObject({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:samovar:users:create.many-at_once/request',
    title: 'Request of users:create.many-at_once',
  });
});

test('the JSON Schema files describe what travels: each example is valid once its secrets are tokens, and only then', () => {
  for (const { name, request, response } of contract.actions) {
    for (const [part, { schema, example, secrets }] of Object.entries({ request, response })) {
      const file = `schemas/${name.replaceAll(':', '~')}/${part}.json`;
      const check = validatorOf(JSON.parse(page(file)) as JsonSchema);
      expect({ file, ok: check(replaceSecrets(schema, example, () => exampleToken)) }).toEqual({ file, ok: true });
      expect({ file, ok: check(example) }).toEqual({ file, ok: secrets.length === 0 });
    }
  }
});

test('nothing that a handler says becomes markup or code', () => {
  for (const text of files.values()) {
    if (!text.startsWith('<!doctype')) continue;
    expect(text.match(/<script/g)).toHaveLength(1);
    expect(text.match(/<style/g)).toHaveLength(1);
    expect(text).not.toMatch(/<(img|b|i|u)[ >]/);
  }
  expect(users).toContain('Creates &lt;b&gt;users&lt;/b&gt; &amp; &quot;more&quot;');
  expect(users).toContain('Login &lt;/td&gt;&lt;script&gt;alert(3)&lt;/script&gt;.');
});

test('no page names anything that would be loaded from elsewhere', () => {
  for (const [path, text] of files) {
    if (!path.endsWith('.html')) continue;
    expect(text).not.toMatch(/(src|href|action)="(https?:)?\/\//);
    expect(text).not.toMatch(/@import|url\(/);
    expect(text).toContain(`content="default-src &#39;none&#39;;`);
  }
});

describe('a page', () => {
  const textOf = (markup: string) =>
    markup
      .replaceAll(/<(script|style)>[^]*?<\/\1>/g, '')
      .replaceAll('<wbr />', '')
      .replaceAll(/<[^>]*>/g, ' ')
      .replaceAll('&quot;', '"')
      .replaceAll('&#39;', "'")
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&amp;', '&')
      .replaceAll(/\s+/g, ' ');
  const text = textOf(users);

  test.each([
    ['the type, the constraints and the default of a field', 'users[].roles array no at most 3 items ["reader"]'],
    ['which of several kinds a field belongs to', 'by.host string yes matches ^[a-z]+$ if kind is "machine"'],
    ['what is secret', 'users[].password string yes secret: a Fernet token on the wire; at least 8 characters'],
    ['what JSON Schema cannot say', 'link string no format uri ; checked further by the worker'],
    ['where it goes', 'Address users-1 , if the caller names none'],
    ['how long it may take', 'Time limit 5 minutes'],
    ['that it takes effect once', 'Sent twice takes effect once'],
    [
      'its errors',
      'taken A name <u>is</u> taken. Fields of the data of error taken Field Type Required names array yes',
    ],
    ['an error without data', 'closed No data: null'],
  ])('tells %s', (_what, expected) => {
    expect(text).toContain(expected);
  });

  test('names the package that gives the handler', () => {
    expect(textOf(page('actions/dx_order_coffee_pot.html'))).toContain('Package samovar/handlers 0.1.0');
  });

  test('tells every code that a call may fail with, with the outcome that it has', () => {
    for (const code of errorCodes) {
      const [, outcome = ''] =
        new RegExp(`<code>${code}</code></th>\\s*<td[^>]*>([^<]*)`).exec(page('errors.html')) ?? [];
      const error = new RpcError(code, '');
      if (!isOutcomeGiven(code))
        expect({ code, outcome }).toEqual({
          code,
          outcome: expect.stringMatching(new RegExp(`^${error.outcome}(, retryable)?$`)) as string,
        });
      else expect({ code, outcome }).toEqual({ code, outcome: expect.stringMatching(/executed|unknown/) as string });
    }
  });
});
