import assert from 'node:assert/strict';
import type { ConformanceCase } from './case.js';
import { texts } from './texts.js';

const group = 'sending';

/** What a body and a header may hold, and how much. */
export const textCases: readonly ConformanceCase[] = [
  {
    name: 'any text arrives unchanged in a body',
    group,
    async run({ connect, work, message, send, eventually }) {
      const caller = await connect();
      const worker = await work();
      for (const [what, text] of Object.entries(texts)) {
        for (const body of [text, JSON.stringify(text)]) {
          const sent = await send(caller, worker.address, message({ body }));
          await eventually(() => worker.times(sent) === 1, `${what} arrives`);
          assert.equal(worker.seen.at(-1)?.message.body, body, what);
        }
      }
    },
  },
  {
    name: 'any text arrives unchanged in a header',
    group,
    async run({ connect, work, message, send, eventually }) {
      const caller = await connect();
      const worker = await work();
      const headers = Object.fromEntries(Object.values(texts).map((text, index) => [`x-text-${index}`, text]));
      await send(caller, worker.address, message({ headers }));
      await eventually(() => worker.seen.length === 1, 'it arrives');
      const got = worker.seen[0]?.message.headers ?? {};
      for (const [name, text] of Object.entries(headers)) assert.equal(got[name], text, name);
    },
  },
  {
    name: 'a lone surrogate spoils nothing but itself',
    group,
    async run({ connect, work, message, send, eventually }) {
      const caller = await connect();
      const worker = await work();
      const lone = 'a\ud800b';
      await send(caller, worker.address, message({ body: JSON.stringify(lone) }));
      await send(caller, worker.address, message({ body: `"${lone}"`, headers: { 'x-lone': lone, 'x-after': 'ü' } }));
      await eventually(() => worker.seen.length === 2, 'both arrive');
      const [escaped, raw] = worker.seen.map((delivery) => delivery.message);
      assert.equal(escaped?.body, '"a\\ud800b"');
      // UTF-8 has no place for it: a transport over a wire may put U+FFFD.
      assert.ok([`"${lone}"`, '"a\ufffdb"'].includes(raw?.body ?? ''), `got the body ${raw?.body}`);
      assert.equal(raw?.headers['x-after'], 'ü');
    },
  },
  {
    name: 'a body of exactly the limit arrives',
    group,
    trait: { name: 'maxBodyBytes', is: true },
    async run({ harness, connect, work, message, send, eventually }) {
      const { maxBodyBytes } = harness.traits;
      const caller = await connect();
      const worker = await work();
      const body = 'é'.repeat(Math.floor(maxBodyBytes / 2)) + 'e'.repeat(maxBodyBytes % 2);
      assert.equal(Buffer.byteLength(body), maxBodyBytes);
      await send(caller, worker.address, message({ body }));
      await eventually(() => worker.seen.length === 1, 'it arrives');
      assert.ok(worker.seen[0]?.message.body === body, 'expected the body unchanged');
      assert.equal(worker.seen[0].unreadable, undefined);
    },
  },
  {
    name: 'a body of one byte over the limit is too_large and never leaves',
    group,
    trait: { name: 'maxBodyBytes', is: false },
    async run({ harness, connect, work, message, refused, marker }) {
      const { maxBodyBytes } = harness.traits;
      const caller = await connect();
      const worker = await work();
      // Short by characters, too long by bytes.
      const body = 'é'.repeat(Math.ceil((maxBodyBytes + 1) / 2));
      const error = await refused(caller.send(worker.address, message({ body })), 'too_large');
      assert.equal(error.sent, 'no');
      const nowhere = caller.send(harness.freshAddress(), message({ body: 'e'.repeat(maxBodyBytes + 1) }));
      await refused(nowhere, 'too_large');
      await marker(caller, worker);
      assert.equal(worker.seen.length, 1);
    },
  },
];
