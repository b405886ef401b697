import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import * as here from '../../src/index.js';
import { echo, failureOf, openStage, type Stage } from '../e2e/stage.js';
import { openMemoryWorld } from '../e2e/worlds.js';

/** As in a handler package with samovar in its own node_modules: the same code, loaded again. */
async function loadAgain(): Promise<typeof here> {
  vi.resetModules();
  return await import('../../src/index.js');
}

describe('handlers made with another copy of samovar', () => {
  let stage: Stage;
  let there: typeof here;
  beforeEach(async () => {
    stage = await openStage(openMemoryWorld);
    there = await loadAgain();
    expect(there.RpcError).not.toBe(here.RpcError);
  });
  afterEach(() => stage.close());

  const call = (word: string) => stage.client().call(echo, { word }, { to: stage.to });
  const foreignEcho = () => there.defineAction(echo);

  test('answer, with a sentence of their own', async () => {
    const run = ({ word }: { word: string }) => there.reply({ word }, { message: 'Said again' });
    await stage.serve([there.defineHandler(foreignEcho(), { locks: () => [there.exclusive('one')], run })]);
    expect(await call('hello')).toEqual({ word: 'hello' });
  });

  test('throw their declared errors', async () => {
    const run = () => {
      throw there.failed('too_loud', { decibels: 90 });
    };
    await stage.serve([there.defineHandler(foreignEcho(), { run })]);
    const error = await call('x').catch((thrown: unknown) => thrown);
    expect(here.declaredErrorOf(echo, error)).toEqual({ name: 'too_loud', data: { decibels: 90 } });
  });

  test('ask to be tried again later', async () => {
    let starts = 0;
    const run = ({ word }: { word: string }) => {
      if ((starts += 1) === 1) throw new there.RetryLater(0);
      return { word };
    };
    await stage.serve([there.defineHandler(foreignEcho(), { run })]);
    expect(await call('hello')).toEqual({ word: 'hello' });
    expect(starts).toBe(2);
  });

  test('know the failures of their nested calls', async () => {
    const run = async ({ word }: { word: string }, { client }: here.HandlerContext) => {
      const error = await client.call(echo, { word }, { to: 'nobody' }).catch((thrown: unknown) => thrown);
      return { word: error instanceof there.RpcError ? error.code : 'not known' };
    };
    await stage.serve([there.defineHandler(foreignEcho(), { run })]);
    expect(await call('x')).toEqual({ word: 'unroutable' });
  });

  test('an error is of no other kind for it', async () => {
    class Sour extends here.RpcError {}
    const error = new there.RpcError('busy', 'busy');
    expect(error instanceof Sour).toBe(false);
    expect(new Sour('busy', 'busy') instanceof there.RpcError).toBe(true);
    expect(new Error('x') instanceof here.RpcError).toBe(false);
    expect(error instanceof here.RetryLater).toBe(false);
    expect((undefined as unknown) instanceof here.RpcError).toBe(false);
    await stage.serve([here.defineHandler(echo, { run: () => Promise.reject(new Error('x')) })]);
    expect(await failureOf(call('x'))).toMatchObject({ code: 'internal' });
  });
});
