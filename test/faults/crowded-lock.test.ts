import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defineHandler, exclusive } from '../../src/index.js';
import { echo, gate, openStage, type Stage } from '../e2e/stage.js';
import { worlds } from '../e2e/worlds.js';

describe.each(worlds)('over $name', ({ open }) => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await openStage(open);
  });
  afterEach(() => stage.close());

  test(
    '500 requests that wait for one lock hold up no other key, and run one after the other once it is free',
    { timeout: 60_000 },
    async () => {
      const [holding, order] = [gate(), [] as string[]];
      let most = 0;
      let inside = 0;
      const handler = defineHandler(echo, {
        locks: ({ word }) => [exclusive(word.startsWith('crowd') ? 'crowded' : word)],
        async run({ word }) {
          if (!word.startsWith('crowd')) return { word };
          most = Math.max(most, (inside += 1));
          order.push(word);
          await holding.opened;
          inside -= 1;
          return { word };
        },
      });
      const limits = { concurrency: 4, maxWaiting: 1_000, maxWaitingPerKey: 1_000 };
      const server = await stage.serve([handler], limits);
      const client = stage.client();
      const call = (word: string) => client.call(echo, { word }, { to: stage.to, timeoutMs: 60_000 });
      const crowd = Array.from({ length: 501 }, (_, nth) => call(`crowd-${nth}`));
      await expect.poll(() => server.health().waiting).toBe(500);

      // More at once than there are slots, on many keys and on a few.
      const others = await Promise.all(Array.from({ length: 2_000 }, (_, nth) => call(`key-${nth % 700}`)));
      expect(others).toHaveLength(2_000);
      expect(order).toEqual(['crowd-0']);
      expect(server.health()).toMatchObject({ waiting: 500, running: 1 });

      holding.open();
      await Promise.all(crowd);
      expect(order).toEqual(Array.from({ length: 501 }, (_, nth) => `crowd-${nth}`));
      expect(most).toBe(1);
      // A reply may be there before the worker hears that the broker has it.
      await expect.poll(() => server.health()).toMatchObject({ waiting: 0, running: 0, inFlight: 0 });
    },
  );
});
