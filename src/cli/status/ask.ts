import { connect } from 'node:net';
import type { Clock } from '../../core/clock.js';
import type { HealthDocument } from '../worker/health-document.js';

/** What a worker's socket gave. */
export type Answer =
  | { readonly kind: 'health'; readonly document: HealthDocument }
  /** Nobody listens: its worker has died. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'problem'; readonly problem: string };

const limitMs = 5_000;

/** Asks the worker behind a socket how it is; one that is alive and stuck does not answer. Never rejects. */
export async function askWorker(path: string, clock: Clock): Promise<Answer> {
  return new Promise((resolve) => {
    let text = '';
    const connection = connect(path);
    const settle = (answer: Answer) => {
      cancel();
      connection.destroy();
      resolve(answer);
    };
    const cancel = clock.after(limitMs, () =>
      settle({ kind: 'problem', problem: `alive but does not answer within ${limitMs / 1000} s` }),
    );
    connection.setEncoding('utf8').on('data', (part: string) => (text += part));
    connection.on('end', () => settle(readDocument(text)));
    connection.on('error', ({ code = '', message }: NodeJS.ErrnoException) => {
      if (code === 'ECONNREFUSED' || code === 'ENOENT') settle({ kind: 'gone' });
      else settle({ kind: 'problem', problem: `cannot be asked: ${message}` });
    });
  });
}

function readDocument(text: string): Answer {
  try {
    const parsed = JSON.parse(text) as Partial<HealthDocument> | null;
    if (Array.isArray(parsed?.virtualHosts)) return { kind: 'health', document: parsed as HealthDocument };
  } catch {
    // As anything else that is no health document.
  }
  return { kind: 'problem', problem: 'answers with something else than its health' };
}
