import { withContenders, type Contender } from './contender.js';
import { texts } from './echo.js';
import type { GroupContext, Table } from './group.js';
import { measureRounds } from './rounds.js';
import { tableOf, titleOf } from './summary.js';

const byHand = new URL('amqp/by-hand.ts', import.meta.url);
const samovar = new URL('amqp/samovar.ts', import.meta.url);
const peer = (name: string) => new URL(`peers/${name}.mjs`, import.meta.url);

const baseline: Contender = { name: 'by hand on amqplib, direct reply-to', module: byHand, variant: 'direct' };
const defaults: Contender = { name: 'Samovar', module: samovar, variant: 'defaults' };

/** Other libraries, and what of each is measured. */
const others: readonly (readonly [name: string, ...variants: string[]])[] = [
  ['amqplib', 'documented'],
  ['rabbitmq-client', 'documented', 'tuned'],
  ['nestjs', 'documented', 'acked', 'tuned'],
  ['golevelup', 'documented', 'tuned'],
  ['moleculer', 'documented', 'tuned'],
];
const contenders: readonly Contender[] = [
  baseline,
  { name: 'by hand on amqplib, callback queue', module: byHand, variant: 'queue' },
  {
    name: 'the pieces of Samovar, by hand',
    module: new URL('amqp/pieces-by-hand.ts', import.meta.url),
    variant: 'pieces',
  },
  defaults,
  { name: 'Samovar, fast profile', module: samovar, variant: 'fast' },
  { name: 'Samovar, persistent', module: samovar, variant: 'persistent' },
  { name: 'Samovar, a secret', module: samovar, variant: 'secrets' },
  { name: 'Samovar, a lock', module: samovar, variant: 'lock' },
  { name: 'Samovar, an idempotency key', module: samovar, variant: 'key' },
  ...others.flatMap(([name, ...variants]) =>
    variants.map((variant) => ({ name: `${name}, ${variant}`, module: peer(name), variant })),
  ),
];

interface Plan {
  readonly size: keyof typeof texts;
  readonly callers: readonly number[];
}

const plans: readonly Plan[] = [
  { size: 'small', callers: [1, 16, 128] },
  { size: '10 KiB', callers: [16] },
];
const quickPlans: readonly Plan[] = [{ size: 'small', callers: [1, 16] }];

const note =
  'Others as *documented*: as their documentation shows an RPC, with their defaults; *tuned*: without Nagle’s delay, with prefetch 128 and acks. The first row is the baseline of the ratios: tuned, and it checks, confirms and survives nothing.';

/** Calls over RabbitMQ, of Samovar with more and less switched on, by hand, and of others. */
export async function measureAmqp(context: GroupContext): Promise<readonly Table[]> {
  const { quick, url } = context;
  const measured = quick ? [baseline, defaults] : contenders;
  const tables: Table[] = [];
  for (const { size, callers } of quick ? quickPlans : plans) {
    await withContenders(measured, { url, text: texts[size] }, async (opened) => {
      for (const count of callers) {
        const rounds = await measureRounds(opened, count, context);
        const chart = count === 16 && size === 'small' ? { chart: { file: 'amqp', column: 'ratio' } } : {};
        tables.push(tableOf(titleOf('RabbitMQ', count, size), rounds, { note, ...chart }));
      }
    });
  }
  return tables;
}
