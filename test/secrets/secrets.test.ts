import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  createMemoryIdempotencyStore,
  declaredErrorOf,
  defineAction,
  defineHandler,
  exclusive,
  failed,
  Secret,
  secret,
  type Handler,
  type HandlerOptions,
  type IdempotencyStore,
  type Message,
  type ServerOptions,
} from '../../src/index.js';
import { createKeyring, generateKey } from '../../src/secrets/keyring.js';
import { errorOf, failureOf, gate, openStage, type Stage } from '../e2e/stage.js';
import { worlds } from '../e2e/worlds.js';

const [key, other] = [generateKey(), generateKey()];
const fernetKeys = [key];
const keyring = createKeyring(fernetKeys);

/** Changes a password: the new one in, a way back out. */
const change = defineAction({
  name: 'change_password',
  summary: 'Changes the password of a user.',
  request: z.object({ user: z.string(), password: secret(z.string().min(4)), note: z.string().optional() }),
  response: z.object({ user: z.string(), undo: secret(z.string()) }),
  errors: { used_before: z.object({ hint: secret(z.string()) }) },
});

type Run = HandlerOptions<typeof change>['run'];
const undoing: Run = ({ user, password }) => ({ user, undo: `undo ${password.reveal()}` });
const handle = (run: Run = undoing, options: Partial<HandlerOptions<typeof change>> = {}): Handler =>
  defineHandler(change, { run, ...options });

/** A store that tells what it keeps. */
function recording(records: string[]): IdempotencyStore {
  const store = createMemoryIdempotencyStore();
  return {
    durable: store.durable,
    read: (name) => store.read(name),
    async claim(...request) {
      const found = await store.claim(...request);
      if (found.state !== 'fresh') return found;
      const settle: typeof found.settle = (reply) => {
        records.push(reply);
        return found.settle(reply);
      };
      return { ...found, settle };
    },
    close: () => store.close(),
  };
}

describe.each(worlds)('over $name', ({ open }) => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await openStage(open);
  });
  afterEach(() => stage.close());

  const serve = (handler = handle(), options: Partial<ServerOptions> = {}) =>
    stage.serve([handler], { fernetKeys, ...options });
  const call = (password: string | Secret<string>, options = {}, client = stage.client({ fernetKeys })) =>
    client.call(change, { user: 'ada', password }, { to: stage.to, ...options });

  /** A caller that writes and reads by itself: resolves to the body of the reply. */
  async function foreignCall(body: object, headers: Message['headers'] = {}): Promise<string> {
    const transport = stage.transport();
    const reply = gate<string>();
    const inbox = await transport.openInbox({ receive: ({ body: text }) => reply.open(text), lost: () => undefined });
    const id = `foreign-${Math.random()}`;
    const request = { id, action: change.name, body: JSON.stringify(body), headers };
    await transport.send(stage.to, { ...request, replyTo: inbox.address, correlationId: id });
    return reply.opened;
  }

  test('a secret is a value to handler and caller, and prints as nothing', async () => {
    const seen: unknown[] = [];
    await serve(
      handle((request, context) => {
        seen.push(request.password.reveal(), inspect(request), JSON.stringify(request), inspect(context, { depth: 9 }));
        return undoing(request, context);
      }),
    );
    const { undo } = await call('hush-1');
    expect(undo.reveal()).toBe('undo hush-1');
    expect(seen.shift()).toBe('hush-1');
    expect(seen.join()).not.toContain('hush');
    expect(inspect(undo)).toBe('[secret]');
    expect((await call(new Secret('hush-2'))).undo.reveal()).toBe('undo hush-2');
  });

  test('what travels is a token, of the request, the reply and a declared error', async () => {
    await serve(
      handle((request, context) => {
        if (request.user === 'eve') throw failed('used_before', { hint: new Secret('in May') });
        return undoing(request, context);
      }),
    );
    const request = { user: 'ada', password: keyring.encrypt('hush'), note: keyring.encrypt('a note') };
    const reply = await foreignCall(request, { 'samovar-secrets': '1' });
    expect(reply).not.toContain('hush');
    const { data } = JSON.parse(reply) as { data: { undo: string } };
    expect(keyring.decrypt(data.undo)).toBe('undo hush');
    const failure = await foreignCall({ ...request, user: 'eve' }, { 'samovar-secrets': '1' });
    expect(failure).not.toContain('May');

    const client = stage.client({ fernetKeys });
    const error = await errorOf(client.call(change, { user: 'eve', password: 'hush' }, { to: stage.to }));
    expect(inspect(error)).not.toContain('May');
    const declared = declaredErrorOf(change, error);
    expect(declared?.name === 'used_before' && declared.data.hint.reveal()).toBe('in May');
  });

  test('a caller that does not say that it reads tokens is given what they say', async () => {
    await serve(
      handle(({ user }) => {
        if (user === 'eve') throw failed('used_before', { hint: 'in May' });
        return { user, undo: 'yes' };
      }),
    );
    const password = keyring.encrypt('hush');
    expect(JSON.parse(await foreignCall({ user: 'ada', password }))).toMatchObject({ data: { undo: 'yes' } });
    expect(JSON.parse(await foreignCall({ user: 'eve', password }))).toMatchObject({
      success: false,
      error: { name: 'used_before', data: { hint: 'in May' } },
    });
  });

  test('a secret that is not encrypted is refused, and nothing runs', async () => {
    let runs = 0;
    const logged: unknown[] = [];
    const log = { debug: log1, info: log1, warn: log1, error: log1 };
    function log1(...line: unknown[]): void {
      logged.push(line);
    }
    await serve(
      handle(() => ({ user: String((runs += 1)), undo: '' })),
      { log },
    );
    const reply = await foreignCall({ user: 'ada', password: 'hush-hush' });
    expect(JSON.parse(reply)).toMatchObject({
      message: expect.stringMatching(
        /^password: expected a Fernet token that a key of this worker .*fernet_key/,
      ) as string,
      error: {
        code: 'not_encrypted',
        outcome: 'not_executed',
        retryable: false,
        details: { errors: [{ location: ['password'], type: 'not_encrypted' }] },
      },
    });
    expect(runs).toBe(0);
    expect(`${reply}${inspect(logged, { depth: 9 })}`).not.toContain('hush');
  });

  test('a secret that is not encrypted is taken where that is allowed', async () => {
    await serve(handle(), { allowPlainSecrets: true });
    expect(await foreignCall({ user: 'ada', password: 'hush' })).toContain('undo hush');
    const strange = createKeyring([other]).encrypt('hush');
    expect(await foreignCall({ user: 'ada', password: strange })).toContain('not_encrypted');
  });

  test('a wrong key of the caller is told by the name of its setting', async () => {
    await serve();
    const error = await errorOf(call('hush', {}, stage.client({ fernetKeys: [other] })));
    expect(error).toMatchObject({ code: 'not_encrypted', outcome: 'not_executed' });
    expect(error.message).toContain('fernet_key');
    for (const each of [key, other, 'hush']) expect(inspect(error, { depth: 9 })).not.toContain(each);
  });

  test('a reply that the caller has no key for is told by the name of its setting', async () => {
    // The worker reads the old key, and writes with a new one that its caller was not given yet.
    await serve(handle(), { fernetKeys: [other, key] });
    const error = await errorOf(call('hush'));
    expect(error).toMatchObject({ code: 'invalid_reply', outcome: 'executed' });
    expect(error.details).toMatchObject({
      errors: [{ location: ['undo'], message: expect.stringContaining('fernetKeys') as string, type: 'not_encrypted' }],
    });
  });

  test('what is wrong with a secret is told, and not what it is', async () => {
    await serve();
    const reply = await foreignCall({ user: 'ada', password: keyring.encrypt('hsh') });
    expect(JSON.parse(reply)).toMatchObject({
      error: { code: 'invalid_request', details: { errors: [{ location: ['password'], type: 'too_small' }] } },
    });
    expect(reply).not.toContain('hsh');
    expect(await failureOf(call('hsh'))).toMatchObject({ code: 'invalid_request' });
  });

  test('an honest retry is recognised, though its token is another one', async () => {
    let runs = 0;
    const records: string[] = [];
    await serve(
      handle(({ user }) => ({ user, undo: `hush ${(runs += 1)}` })),
      { idempotency: recording(records) },
    );
    const client = stage.client({ fernetKeys });
    const again = async (password: string) => (await call(password, { idempotencyKey: 'k' }, client)).undo.reveal();
    expect(await again('hush')).toBe('hush 1');
    expect(await again('hush')).toBe('hush 1');
    expect(await failureOf(again('hush!'))).toMatchObject({ code: 'key_mismatch' });
    expect(runs).toBe(1);
    expect(records).toHaveLength(1);
    expect(records.join()).not.toContain('hush');
    const outcome = await client.outcome(change, 'k', { to: stage.to });
    expect(outcome.state === 'succeeded' && outcome.value.undo.reveal()).toBe('hush 1');
    // A repeat that does not read tokens is answered from the same record.
    const reply = await foreignCall(
      { user: 'ada', password: keyring.encrypt('hush') },
      { 'samovar-idempotency-key': 'k' },
    );
    expect(reply).toContain('hush 1');
  });

  test('an honest retry is recognised with a secret that the option of a union takes no notice of, too', async () => {
    const user = z.object({ name: z.string() });
    const action = defineAction({
      ...{ name: 'name_user', summary: 'Names somebody.', response: z.int() },
      request: z.object({ user: z.union([user, user.extend({ password: secret(z.string()) })]) }),
    });
    let runs = 0;
    await stage.serve([defineHandler(action, { run: () => (runs += 1) })], {
      fernetKeys,
      idempotency: createMemoryIdempotencyStore(),
    });
    const client = stage.client({ fernetKeys });
    const again = (password: string) =>
      client.call(action, { user: { name: 'ada', password } }, { to: stage.to, idempotencyKey: 'k' });
    expect([await again('hush'), await again('hush')]).toEqual([1, 1]);
    expect(await failureOf(again('hush!'))).toMatchObject({ code: 'key_mismatch' });
  });

  test('an honest retry is recognised while keys are changed, by workers that know the key it was recorded under', async () => {
    const store = createMemoryIdempotencyStore();
    const idempotency = { ...store, durable: true };
    let runs = 0;
    const answerBy = async (keys: string[], idempotencyKey: string, password = 'hush') => {
      const worker = await serve(
        handle(({ user }) => ({ user, undo: String((runs += 1)) })),
        { idempotency, fernetKeys: keys },
      );
      const client = stage.client({ fernetKeys: keys });
      try {
        return (await call(password, { idempotencyKey }, client)).undo.reveal();
      } finally {
        await worker.stop();
      }
    };
    expect(await answerBy([key], 'before')).toBe('1');
    expect(await answerBy([key, other], 'before')).toBe('1');
    expect(await answerBy([key, other], 'between')).toBe('2');
    expect(await answerBy([other, key], 'before')).toBe('1');
    expect(await answerBy([other, key], 'between')).toBe('2');
    expect(await answerBy([other, key], 'after')).toBe('3');
    expect(await answerBy([key, other], 'after')).toBe('3');
    expect(await failureOf(answerBy([other, key], 'before', 'hush!'))).toMatchObject({ code: 'key_mismatch' });
    // The last one that was recorded under the old key is forgotten after 24 hours.
    expect(await answerBy([other], 'after')).toBe('3');
    expect(await failureOf(answerBy([other], 'before'))).toMatchObject({ code: 'key_mismatch' });
    await store.close();
  });

  test('requests that wait are made one though their tokens differ', async () => {
    const first = gate();
    let runs = 0;
    const server = await serve(
      handle(
        async ({ user }) => {
          if ((runs += 1) === 1) await first.opened;
          return { user, undo: String(runs) };
        },
        { coalesce: ({ user }) => user, locks: () => [exclusive('x')] },
      ),
    );
    const client = stage.client({ fernetKeys });
    const calls = [call('hush', {}, client)];
    await expect.poll(() => runs).toBe(1);
    for (let nth = 0; nth < 5; nth++) calls.push(call('hush', {}, client));
    calls.push(call('other', {}, client));
    await expect.poll(() => server.health().inFlight).toBe(7);
    first.open();
    await Promise.all(calls);
    expect(runs).toBe(3);
  });

  test('a nested call passes a secret on', async () => {
    const outer = defineAction({ ...change, name: 'outer' });
    const passing = defineHandler(outer, {
      run: ({ user, password }, { client }) => client.call(change, { user, password }, { to: stage.to }),
    });
    await stage.serve([handle(), passing], { fernetKeys });
    const reply = await stage.client({ fernetKeys }).call(outer, { user: 'a', password: 'hush' }, { to: stage.to });
    expect(reply.undo.reveal()).toBe('undo hush');
  });

  test('keys are changed in the middle of traffic, and no call is lost', async () => {
    const steps = [[key], [key, other], [other, key], [other]];
    let callers = stage.client({ fernetKeys: [key] });
    let worker = await serve(handle(), { fernetKeys: [key] });
    const answers: Promise<string>[] = [];
    const more = () => {
      for (let nth = 0; nth < 10; nth++) {
        answers.push(call(`hush ${answers.length}`, {}, callers).then(({ undo }) => undo.reveal()));
      }
    };
    for (const keys of steps) {
      more();
      // While its predecessor drains; what that gives back goes to its successor.
      const successor = await serve(handle(), { fernetKeys: keys });
      more();
      await worker.stop();
      worker = successor;
      callers = stage.client({ fernetKeys: keys });
      more();
      await Promise.all(answers);
    }
    expect(await Promise.all(answers)).toEqual(answers.map((_, nth) => `undo hush ${nth}`));
  });
});
