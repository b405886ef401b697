import type { BatchLine } from './lines.js';

export interface BatchParts {
  readonly lines: AsyncGenerator<BatchLine, void>;
  /** Lines in hand at once. */
  readonly parallel: number;
  /** Aborted when a line cannot be handled: no use in going on. */
  readonly stop: AbortController;
  /** Resolves when there is somebody to send to, or nothing is to be sent any more. */
  readonly ready: () => Promise<void>;
  readonly handle: (line: BatchLine) => Promise<void>;
}

/** Has each line handled, and holds no more of them than it handles at once. Rejects if `handle` does, once all have ended. */
export async function runBatch({ lines, parallel, stop, ready, handle }: BatchParts): Promise<void> {
  async function work(): Promise<void> {
    try {
      for (;;) {
        await ready();
        const { value: line, done } = await lines.next();
        if (done === true) return;
        await handle(line);
      }
    } catch (error) {
      stop.abort(error);
      throw error;
    }
  }

  const ended = await Promise.allSettled(Array.from({ length: parallel }, work));
  const broken = ended.find((each) => each.status === 'rejected');
  if (broken) throw broken.reason;
}
