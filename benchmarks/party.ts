import { createInterface } from 'node:readline';
import type { Peer, PeerOptions } from './peer.js';
import { createRuns, type RunOptions } from './run-calls.js';

/**
 * `party.ts <module> serve|connect <options as JSON>`: one side of one peer, in a process of its own, so that no code
 * warms or spoils another's. It says `ready`, answers each question (a line of JSON) with its number and more JSON, and
 * closes at SIGTERM.
 */
const [module = '', side = '', given = ''] = process.argv.slice(2);
const peer = (await import(module)) as Peer;
const options = JSON.parse(given) as PeerOptions;

const caller = side === 'connect' ? await peer.connect(options) : undefined;
const close = caller ? () => caller.close() : await peer.serve(options);
const call = (n: number): Promise<unknown> => caller?.call(n) ?? Promise.reject(new TypeError('this is the worker'));
const run = createRuns(call);

/** So many calls stay pending from now on. That the worker has them is known when one after them is answered. */
async function hold(count: number): Promise<object> {
  for (let nth = 1; nth <= count; nth++) void call(-nth).catch(() => undefined);
  await run({ callers: 1, ms: 1 });
  return { held: count };
}

function answer(question: Question): object | Promise<object> {
  if (question.command === 'run') return run(question);
  if (question.command === 'hold') return hold(question.count);
  const { user, system } = process.cpuUsage();
  return { cpuUs: user + system, rssBytes: process.memoryUsage.rss() };
}

export type Question = { readonly command: 'cpu' } | Hold | ({ readonly command: 'run' } & RunOptions);
interface Hold {
  readonly command: 'hold';
  readonly count: number;
}

process.once('SIGTERM', () => {
  // A peer that does not come to its end is left to the operating system.
  setTimeout(() => process.exit(1), 5_000).unref();
  void close().then(() => process.exit());
});
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, ...question } = JSON.parse(line) as Question & { id: number };
  void Promise.resolve(answer(question)).then((reply) => process.stdout.write(`${id} ${JSON.stringify(reply)}\n`));
});
process.stdout.write('ready\n');
