import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineAction, Secret, secret } from '../../src/index.js';
import { createCallSecrets } from '../../src/secrets/call-secrets.js';
import { createKeyring, generateKey } from '../../src/secrets/keyring.js';
import { redactedError } from '../../src/secrets/redact-error.js';
import { secretsAre } from '../../src/secrets/secret-field.js';
import { revealing, sealing } from '../../src/secrets/sealing.js';
import { surveyOf, undeclaredSecrets } from '../../src/secrets/survey.js';
import { wrapSecrets } from '../../src/secrets/wrap.js';

const keyring = createKeyring([generateKey()]);
const arrived = (allowsPlain = false) =>
  secretsAre({ given: 'encrypted', open: (token) => keyring.open(token), allowsPlain, opener: 'this worker' });

/** As it is sent, parsed by the other side, and revealed there. */
function travelled(schema: z.ZodType, value: unknown): unknown {
  const wrapped = wrapSecrets(schema, value);
  const sent = schema.safeParse(wrapped, secretsAre({ given: 'wrapped' }));
  if (!sent.success) throw sent.error;
  const wire: unknown = JSON.parse(JSON.stringify(wrapped, sealing(keyring)));
  expect(JSON.stringify(wire)).not.toContain('hush');
  const parsed = schema.safeParse(wire, arrived());
  if (!parsed.success) throw parsed.error;
  expect(JSON.stringify(parsed.data)).not.toContain('hush');
  return JSON.parse(JSON.stringify(parsed.data, revealing));
}

function failure(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

const password = secret(z.string().min(2));
const tree: z.ZodType = z.object({ password, children: z.lazy(() => z.array(tree)) });
const byKind = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('open'), password: z.string() }),
  z.object({ kind: z.literal('closed'), password }),
]);

describe('a secret', () => {
  const value = new Secret({ text: 'hush' });

  test('prints as [secret], whoever prints it', () => {
    expect([String(value), value.toString(), JSON.stringify(value), inspect(value), inspect([value])]).toEqual([
      ...['[secret]', '[secret]', '"[secret]"', '[secret]', '[ [secret] ]'],
    ]);
    expect(inspect(value, { showHidden: true, depth: null, getters: true })).not.toContain('hush');
    expect(inspect(value, { customInspect: false, showHidden: true })).not.toContain('hush');
    expect(Object.keys(value)).toEqual([]);
    expect(value.reveal()).toEqual({ text: 'hush' });
  });

  test('made by another copy of the package is one', () => {
    const other = { [Symbol.for('samovar.Secret')]: true, reveal: () => 'hush' };
    expect(other).toBeInstanceOf(Secret);
    expect(password.parse(other).reveal()).toBe('hush');
  });
});

describe('a secret field travels as a token', () => {
  test.each<[string, z.ZodType, unknown]>([
    ['at the top', z.object({ password }), { password: 'hush' }],
    ['of any text', z.object({ password }), { password: 'hush "\\ \u2028 ☕ 👩‍👧\0' }],
    ['deep within', z.object({ a: z.object({ b: z.object({ password }) }) }), { a: { b: { password: 'hush' } } }],
    ['in an array', z.object({ all: z.array(password) }), { all: ['hush 1', 'hush 2'] }],
    ['in a tuple', z.object({ t: z.tuple([z.string(), password], password) }), { t: ['a', 'hush 1', 'hush 2'] }],
    ['in a record', z.object({ r: z.record(z.string(), password) }), { r: { a: 'hush', __proto: 'hush' } }],
    ['among unknown keys', z.object({}).catchall(password), { a: 'hush' }],
    ['in a union', z.object({ u: z.union([z.number(), password]) }), { u: 'hush' }],
    [
      'in a union with an object',
      z.object({ u: z.union([password, z.object({ password })]) }),
      { u: { password: 'hush' } },
    ],
    ['by its kind', byKind, { kind: 'closed', password: 'hush' }],
    ['in an intersection', z.object({ a: password }).and(z.object({ b: password })), { a: 'hush', b: 'hush' }],
    ['recursively', tree, { password: 'hush', children: [{ password: 'hush', children: [] }] }],
    ['optional, and there', z.object({ p: password.optional() }), { p: 'hush' }],
    ['optional, and missing', z.object({ p: password.optional() }), {}],
    ['nullable, and null', z.object({ p: password.nullable() }), { p: null }],
    ['nullish, and there', z.object({ p: password.nullish() }), { p: 'hush' }],
    ['readonly', z.object({ p: password.readonly() }).readonly(), { p: 'hush' }],
    ['described', z.object({ p: password.describe('x').meta({ title: 'y' }) }), { p: 'hush' }],
    ['with a default, and there', z.object({ p: password.default(new Secret('other')) }), { p: 'hush' }],
    ['that is a number', z.object({ pin: secret(z.int()) }), { pin: 1234 }],
    ['that is a boolean', z.object({ is: secret(z.boolean()) }), { is: false }],
    [
      'that is an object',
      z.object({ secret_values: secret(z.record(z.string(), z.string())) }),
      { secret_values: { A: 'hush' } },
    ],
    ['that is a list', z.object({ codes: secret(z.array(z.int())) }), { codes: [1, 2] }],
    ['that reads as JSON but is text', z.object({ p: secret(z.string()) }), { p: '{"a":"hush"}' }],
    ['that is one of several', z.object({ p: secret(z.enum(['hush', 'hush-hush'])) }), { p: 'hush' }],
    ['behind a check', z.object({ p: password.refine((each) => each.reveal().startsWith('h')) }), { p: 'hush' }],
    ['given as a secret', z.object({ p: password }), { p: new Secret('hush') }],
  ])('%s', (_where, schema, value) => {
    const expected: unknown = JSON.parse(JSON.stringify(value, revealing));
    expect(travelled(schema, value)).toEqual(expected);
  });

  test('with a default and missing is the default', () => {
    expect(travelled(z.object({ p: password.default(new Secret('it')) }), {})).toEqual({ p: 'it' });
    expect(travelled(z.object({ p: password.default('it' as never) }), {})).toEqual({ p: 'it' });
    expect(travelled(z.object({ p: password.prefault('it') }), {})).toEqual({ p: 'it' });
  });

  test('and the request is left as it was given', () => {
    const given = { plain: [1], deep: { password: 'hush' } };
    const schema = z.object({ plain: z.array(z.int()), deep: z.object({ password }) });
    const wrapped = wrapSecrets(schema, given) as typeof given;
    expect(given.deep.password).toBe('hush');
    expect(wrapped.plain).toBe(given.plain);
    expect(wrapSecrets(schema, wrapped)).toBe(wrapped);
  });

  test('but not where it could not be found: nothing is sent', () => {
    const schema = z.object({ p: z.map(z.string(), password) });
    const given = { p: new Map([['x', 'hush']]) };
    const parsed = schema.safeParse(wrapSecrets(schema, given), secretsAre({ given: 'wrapped' }));
    expect(parsed.error?.issues).toMatchObject([{ path: ['p', 'x'], code: 'not_encrypted' }]);
  });

  const withCount = z.object({ password, count: z.int() });
  test.each<[string, z.ZodType, object]>([
    ['that another option of a union drops', z.union([withCount, z.object({ note: z.string().optional() })]), {}],
    ['that another option of a union keeps', z.union([withCount, z.looseObject({ note: z.string().optional() })]), {}],
    ['of a union of which no option fits', z.union([withCount, z.object({ note: z.string() })]), {}],
    ['of an object with a toJSON', z.object({ password }), { toJSON: () => ({ password: 'hush' }) }],
  ])('also one %s', (_where, schema, more) => {
    const wrapped = wrapSecrets(schema, { password: 'hush', count: 'many', ...more });
    expect(JSON.stringify(wrapped, sealing(keyring))).not.toContain('hush');
  });

  const named = z.object({ name: z.string() });
  const user = named.extend({ password });
  test.each<[string, z.ZodType, (user: object) => unknown]>([
    ['in a field of it', z.union([z.object({ user: named }), z.object({ user })]), (given) => ({ user: given })],
    ['in a list of it', z.union([z.array(named), z.array(user)]), (given) => [given]],
    ['and is an intersection', z.union([named.and(z.object({})), user]), (given) => given],
    ['and is optional', z.union([named.optional(), user.nullable()]), (given) => given],
    ['and is itself a union', z.union([z.union([named, z.null()]), z.union([z.null(), user])]), (given) => given],
    ['and is made later', z.union([z.lazy(() => named), z.lazy(() => user)]), (given) => given],
  ])('also one that the option that counts does not know, %s', (_where, schema, made) => {
    const wrapped = wrapSecrets(schema, made({ name: 'ada', password: 'hush' }));
    const sent = JSON.stringify(wrapped, sealing(keyring));
    expect(sent).toContain('"ada"');
    expect(sent).not.toContain('hush');
    expect(schema.safeParse(wrapped, secretsAre({ given: 'wrapped' })).success).toBe(true);
  });

  test('and a name that the option that counts knows is what it says there', () => {
    const schema = z.union([
      z.object({ kind: z.literal('a'), raw: z.unknown() }),
      z.object({ kind: z.literal('b'), raw: user }),
    ]);
    const given = { kind: 'a', raw: { name: 'ada', password: 'no secret' } };
    expect(wrapSecrets(schema, given)).toBe(given);
  });

  test('of what refers to itself by unions, in a time that grows with its size alone', () => {
    const node: z.ZodType = z.lazy(() =>
      z.union([
        z.object({ left: node.optional(), kind: z.literal('a') }),
        z.object({ left: node.optional(), kind: z.enum(['a', 'b']), password }),
      ]),
    );
    let value: object = { kind: 'a', password: 'hush' };
    for (let depth = 0; depth < 20; depth++) value = { kind: 'a', left: value, password: 'hush' };
    expect(JSON.stringify(wrapSecrets(node, value), sealing(keyring))).not.toContain('hush');
  });

  const action = (request: z.ZodType, response: z.ZodType = z.null()) =>
    defineAction({ name: 'x', summary: '', request, response });
  test.each<[string, () => unknown, string]>([
    ['a preprocess', () => action(z.object({ p: z.preprocess((value) => value, password) })), 'request.p of x'],
    ['a pipe', () => action(z.object({ p: z.string().pipe(password as never) })), 'request.p of x'],
    [
      'a preprocess of what holds it',
      () => action(z.preprocess((value) => value, z.object({ p: password }))),
      'request of',
    ],
    [
      'a catch, which hides a refusal',
      () => action(z.null(), z.object({ p: password.catch('x' as never) })),
      'response.p',
    ],
  ])('and no action may have one behind %s', (_what, make, where) => {
    expect(() => surveyOf(make() as ReturnType<typeof action>)).toThrow(TypeError);
    expect(() => surveyOf(make() as ReturnType<typeof action>)).toThrow(`got one at ${where}`);
  });

  test('but before a transform or a pipe it may be', () => {
    const before = z.object({ p: password.transform((each) => each.reveal()), q: password.pipe(z.unknown() as never) });
    expect(surveyOf(action(before.transform((all) => all))).request).toEqual(['request.p', 'request.q']);
  });
});

describe('what arrives', () => {
  const schema = z.object({ password, note: z.string().optional() });
  const token = keyring.encrypt('hush');
  const refusal = {
    path: ['password'],
    code: 'not_encrypted',
    message: expect.stringContaining('this worker') as string,
  };

  test.each([
    ['plain text', 'hush'],
    ['a number', 5],
    ['an object', { a: 1 }],
    ['a token of another key', createKeyring([generateKey()]).encrypt('hush')],
    ['a token that was cut', token.slice(0, -8)],
    ['nothing in it', ''],
  ])('for a secret is refused: %s', (_what, value) => {
    expect(schema.safeParse({ password: value }, arrived()).error?.issues).toMatchObject([refusal]);
  });

  test('plain is taken where that is allowed, but no token that no key opens', () => {
    expect(schema.parse({ password: 'hush' }, arrived(true)).password.reveal()).toBe('hush');
    expect(schema.parse({ password: token }, arrived(true)).password.reveal()).toBe('hush');
    const strange = createKeyring([generateKey()]).encrypt('hush');
    expect(schema.safeParse({ password: strange }, arrived(true)).error?.issues).toMatchObject([refusal]);
  });

  test('and is no secret is left alone, though it looks like a token', () => {
    expect(schema.parse({ password: token, note: token }, arrived()).note).toBe(token);
  });

  test('missing is told as missing', () => {
    for (const body of [{}, { password: null }]) {
      expect(schema.safeParse(body, arrived()).error?.issues).toMatchObject([{ code: 'invalid_type' }]);
    }
  });

  test('nested too deep within a token is refused before it is parsed', () => {
    const deep = z.object({ values: secret(z.record(z.string(), z.unknown())) });
    const text = `${'{"a":'.repeat(65)}1${'}'.repeat(65)}`;
    expect(deep.safeParse({ values: keyring.encrypt(text) }, arrived()).success).toBe(false);
  });
});

describe('no message tells a secret', () => {
  const told = (inner: z.ZodType, value: unknown) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    const { error } = z.object({ p: secret(inner) }).safeParse({ p: keyring.encrypt(text) }, arrived());
    return JSON.stringify(error?.issues);
  };

  test.each<[string, z.ZodType, unknown]>([
    [
      'a check that quotes it',
      z.string().refine(() => false, { error: ({ input }) => `not ${String(input)}` }),
      'hush',
    ],
    ['a schema that quotes it', z.email({ error: ({ input }) => `not ${String(input)}` }), 'hush'],
    [
      'a check that writes its own issue',
      z.string().superRefine((value, context) => context.addIssue({ code: 'custom', message: `not ${value}` })),
      'hush',
    ],
    ['a check with parameters', z.string().refine(() => false, { params: { tried: 'hush' } }), 'hush'],
    ['an unknown key', z.strictObject({}), { hush: 1 }],
    ['the key of a record', z.record(z.string(), z.int()), { hush: 'x' }],
    ['a key that is refused', z.record(z.string().max(2), z.int()), { hush: 1 }],
    ['a union', z.union([z.object({ a: z.literal('a') }), z.int()]), { a: 'hush' }],
  ])('%s', (_what, inner, value) => {
    expect(told(inner, value)).toMatch(/^\[\{.*\}\]$/);
    expect(told(inner, value)).not.toContain('hush');
  });

  test('but what was expected is told', () => {
    expect(told(z.string().min(8), 'hush')).toContain('>=8 characters');
    expect(
      told(
        z.string().refine(() => false, 'a digit is needed'),
        'hush',
      ),
    ).toContain('a digit is needed');
    expect(told(z.int(), 'hush')).toContain('received string');
    expect(told(z.string().min(8), '1234')).toContain('>=8 characters');
    expect(told(z.object({ a: z.int() }), { a: 'hush' })).toContain('received string');
    expect(told(z.literal(5), 6)).toContain('expected 5');
  });
});

describe('the JSON Schema of a secret', () => {
  const schema = z.object({
    one: secret(z.string().min(8)).describe('Opens it.'),
    many: z.array(secret(z.int())),
    maybe: secret(z.string()).optional(),
    none: secret(z.string()).nullable(),
  });

  test.each(['input', 'output'] as const)('is that of the schema within, and says x-secret: %s', (io) => {
    expect(z.toJSONSchema(schema, { io })).toMatchObject({
      properties: {
        one: { type: 'string', minLength: 8, description: 'Opens it.', 'x-secret': true },
        many: { items: { type: 'integer', 'x-secret': true } },
        maybe: { type: 'string', 'x-secret': true },
        none: { anyOf: [{ type: 'string', 'x-secret': true }, { type: 'null' }] },
      },
      required: ['one', 'many', 'none'],
    });
  });

  test('may be part of any action', () => {
    const action = defineAction({ name: 'x', summary: '', request: schema, response: schema, errors: { e: schema } });
    expect(surveyOf(action)).toEqual({
      request: ['request.one', 'request.many[]', 'request.maybe', 'request.none'],
      reply: expect.arrayContaining(['response.one', 'errors.e.many[]']) as string[],
    });
  });
});

test.each<[string, () => unknown, string]>([
  ['nothing', () => secret(z.string().optional()), 'say .optional()'],
  ['null', () => secret(z.string().nullable()), '.nullable()'],
  ['anything', () => secret(z.unknown()), 'to take neither undefined nor null'],
  ['another secret', () => secret(z.object({ password })), 'expected no secret within a secret'],
  ['no schema', () => secret('x' as never), 'expected secret(…) to get a zod schema'],
])('secret(…) refuses a schema for %s', (_what, make, message) => {
  expect(make).toThrow(TypeError);
  expect(make).toThrow(message);
});

describe('names that must be secret', () => {
  const text = z.string();
  const found = (request: z.ZodType, names = ['password']) =>
    undeclaredSecrets(defineAction({ name: 'x', summary: '', request, response: z.null() }), names);

  test.each<[z.ZodType, string[]]>([
    [z.object({ name: text, password: text }), ['request.password']],
    [z.object({ users: z.array(z.object({ password: text.optional() })) }), ['request.users[].password']],
    [z.object({ r: z.record(text, z.object({ password: text })) }), ['request.r.*.password']],
    [byKind, ['request.password']],
    [z.object({ password: z.object({ of: password }) }), ['request.password']],
    [z.object({ password: z.union([password, text]) }), ['request.password']],
    [z.object({ a: z.lazy(() => z.object({ password: text })) }), ['request.a.password']],
    [z.object({ password: password.optional() }), []],
    [z.object({ password: z.union([password, z.null()]).default(null) }), []],
    [z.object({ secret_values: secret(z.object({ password: text })) }), []],
    [tree, []],
    [z.object({ password: z.record(text, password.optional()) }), []],
    [z.object({ password: z.array(text) }), ['request.password']],
  ])('are found where they are not', (request, paths) => {
    expect(found(request)).toEqual(paths);
  });

  test('are looked for in responses and errors, too', () => {
    const open = z.object({ password: text });
    const action = defineAction({ name: 'x', summary: '', request: z.object({}), response: open, errors: { e: open } });
    expect(undeclaredSecrets(action, ['password'])).toEqual(['response.password', 'errors.e.password']);
  });
});

describe('an error is told', () => {
  test('without what is secret, however it is written in there', () => {
    const value = 'hu"sh/ä\'';
    const pem = 'begin hush-1\nhush-2\'" of it\n}';
    const form = new URLSearchParams({ value: 'hush +(!' }).toString();
    const url = new URL('https://x/hush +(!?').href;
    const inner = [form, url, encodeURIComponent(value), JSON.stringify({ value }), inspect({ pem, more: 1 })];
    const thrown = new Error(`no ${value}`, { cause: new TypeError(`at ${inner.join()}`) });
    Object.assign(thrown, { code: 'EACCES', sql: value });
    const told = redactedError(thrown, [{ deep: [value, 1234] }, 'ab', pem, 'hush +(!']) as Error;
    expect(inspect(told, { depth: null })).not.toMatch(/hu"sh|hu\\+"sh|hu%22sh|hush/);
    expect(told).toMatchObject({ message: 'no [secret]', code: 'EACCES' });
    expect(told.stack).toContain('secret-field.test.ts');
    expect(redactedError(new Error('pin 1234 of ab, cab'), [1234, 'ab'])).toMatchObject({
      message: 'pin [secret] of [secret], cab',
    });
    expect(redactedError({ value }, [value])).toBe('a thrown object');
  });

  test('without what the schema of a secret has made of it', () => {
    class Login {
      readonly self = this;
      readonly pin = 4_711n;
      readonly password: string;
      constructor(password: string) {
        this.password = password;
      }
    }
    const login = secret(z.string().transform((text) => new Login(text.split(':')[1] ?? '')));
    const secrets = createCallSecrets(keyring, true)();
    const schema = z.object({ trimmed: secret(z.string().trim()), plain: secret(z.string().toLowerCase()), login });
    const wrapped = wrapSecrets(schema, { trimmed: ' hush-1 ', plain: '', login: 'ada:hush-2' }) as object;
    const sent = JSON.parse(JSON.stringify(wrapped, sealing(keyring))) as object;
    const read = schema.parse({ ...sent, plain: 'HUSH-3' }, secrets.received);
    const { password: word, pin } = read.login.reveal();
    const thrown = new Error(`${read.trimmed.reveal()} ${word} ${pin} ${read.plain.reveal()}`);
    expect(secrets.redacted(thrown)).toMatchObject({ message: '[secret] [secret] [secret] [secret]' });
  });

  test('without a part of a secret that is no JSON, where its schema fails at that', () => {
    const json = secret(z.string().transform((text) => (text === '' ? undefined : (JSON.parse(text) as unknown))));
    for (const text of [
      'hush-1',
      'a hush, '.repeat(20),
      '{"a": hush-hush-hush-hush-hush-hush}',
      `"${'x'.repeat(40)}" hush-hush`,
    ]) {
      const secrets = createCallSecrets(keyring, false)();
      const thrown = failure(() => z.object({ json }).parse({ json: keyring.encrypt(text) }, secrets.received));
      const told = secrets.redacted(thrown);
      expect(told).toMatchObject({ message: expect.stringContaining('JSON') as string });
      expect(inspect(told)).not.toContain('hush');
    }
  });

  test.each<[string, object]>([
    ['its code is one', { code: 'hush-hush' }],
    ['its name is one', { name: 'hush-hush' }],
    ['its message is no text', { message: { of: 'hush-hush' } }],
    ['its stack is no text', { stack: 5 }],
  ])('where %s, too', (_what, more) => {
    const told = redactedError(Object.assign(new Error('x'), more), ['hush-hush']);
    expect(told).toBeInstanceOf(Error);
    expect(inspect(told, { showHidden: true })).not.toContain('hush-hush');
  });

  test('where it cannot be read, too', () => {
    const thrown = Object.defineProperty(new Error('x'), 'cause', {
      get() {
        throw new Error('hush-hush');
      },
    });
    expect(redactedError(thrown, [])).toEqual(new Error('what was thrown cannot be read'));
  });
});
