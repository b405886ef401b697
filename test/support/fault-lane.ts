import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createFrameReader, type Frame } from './amqp-frames.js';

/** 'up' is towards the server, 'down' towards the client. */
export type Direction = 'up' | 'down';

/** What happens to bytes on their way, read anew for each piece. */
export interface Faults {
  latencyMs(): number;
  sliceBytes(): number;
  /** Resolves once this direction is no black hole (any more). */
  passable(direction: Direction): Promise<void>;
  /** How many of `count` bytes may still pass before the connection is cut. */
  allowance(direction: Direction, count: number): number;
  /** What to do with a frame: let it pass, cut before or after it, or keep it back and call `release` later. */
  judge(frame: Frame, direction: Direction, release: () => void): 'pass' | 'cut-before' | 'cut-after' | 'keep';
}

const mostQueuedBytes = 64 * 1024;

/** Carries one direction of a connection from `source` to `target`, through the faults. */
export function startLane(source: Socket, target: Socket, direction: Direction, faults: Faults): void {
  const readFrames = createFrameReader();
  const queue: { bytes: Buffer; dueAt: number }[] = [];
  let queuedBytes = 0;
  let state: 'open' | 'ending' | 'cut' = 'open';
  let pumping = false;

  source.on('data', (chunk) => {
    for (const frame of readFrames(chunk)) if (state === 'open') take(frame);
  });
  source.on('end', finish);
  source.on('close', finish);
  source.on('error', () => undefined);

  function take(frame: Frame): void {
    const verdict = faults.judge(frame, direction, () => enqueue(frame.bytes));
    if (verdict === 'pass' || verdict === 'cut-after') enqueue(frame.bytes);
    if (verdict === 'cut-before' || verdict === 'cut-after') cut();
  }

  function enqueue(bytes: Buffer): void {
    queue.push({ bytes, dueAt: performance.now() + faults.latencyMs() });
    queuedBytes += bytes.length;
    if (queuedBytes > mostQueuedBytes) source.pause();
    void pump();
  }

  function finish(): void {
    if (state === 'open') state = 'ending';
    void pump();
  }

  /** What is queued still arrives, followed by the end; the side it came from learns of the cut at once. */
  function cut(): void {
    state = 'cut';
    source.destroy();
    // Read on to the end: closing with unread bytes would reset the connection, and the last bytes might be lost.
    target.resume();
    void pump();
  }

  async function pump(): Promise<void> {
    if (pumping) return;
    pumping = true;
    for (let next = queue.shift(); next; next = queue.shift()) {
      const waitMs = next.dueAt - performance.now();
      if (waitMs > 0) await sleep(waitMs);
      await faults.passable(direction);
      await write(next.bytes);
      queuedBytes -= next.bytes.length;
      if (queuedBytes <= mostQueuedBytes) source.resume();
    }
    if (state !== 'open') {
      // A black hole swallows the news of an end as well.
      await faults.passable(direction);
      target.end();
    }
    pumping = false;
    if (queue.length > 0) void pump();
  }

  async function write(bytes: Buffer): Promise<void> {
    const allowed = bytes.subarray(0, faults.allowance(direction, bytes.length));
    const size = Math.min(faults.sliceBytes(), allowed.length);
    for (let start = 0; start < allowed.length && target.writable; start += size) {
      const accepted = target.write(allowed.subarray(start, start + size));
      // Both reject if the other side is gone: then there is nothing to wait for.
      if (!accepted) await Promise.race([once(target, 'drain'), once(target, 'close')]).catch(() => undefined);
      // Without a turn in between, the pieces would leave as one.
      else if (size < allowed.length) await new Promise(setImmediate);
    }
    if (allowed.length < bytes.length) {
      queue.length = 0;
      cut();
    }
  }
}
