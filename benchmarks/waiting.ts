import { withContenders, type Contender } from './contender.js';
import { texts } from './echo.js';
import type { GroupContext, Table } from './group.js';
import { measureRounds } from './rounds.js';
import { tableOf } from './summary.js';

const samovar = new URL('amqp/samovar.ts', import.meta.url);
const waiters = new URL('amqp/waiters.ts', import.meta.url);

interface Question {
  readonly title: string;
  readonly note: string;
  readonly callers: number;
  readonly contenders: readonly Contender[];
}

const questions: readonly Question[] = [
  {
    title: 'RabbitMQ, 10,000 calls pending',
    note: '100 callers. In the second row 9,900 more calls of the same client run meanwhile, in the same worker, without coming to an end.',
    callers: 100,
    contenders: [
      { name: '100 calls pending', module: samovar, variant: 'pending-few' },
      { name: '10,000 calls pending', module: samovar, variant: 'pending-many', held: 9_900 },
    ],
  },
  {
    title: 'RabbitMQ, calls of other keys while 500 wait for a lock',
    note: '16 callers.',
    callers: 16,
    contenders: [
      { name: 'nobody waits', module: waiters, variant: 'keys-free' },
      { name: '500 wait for a key', module: waiters, variant: 'keys-crowded', held: 500 },
    ],
  },
  {
    title: 'RabbitMQ, status of a node while 500 restarts are in hand',
    note: '16 callers of `dx_node_status`; `dx_pool_restart` of 100 pools, of which five run at once.',
    callers: 16,
    contenders: [
      { name: 'idle', module: waiters, variant: 'pools-idle' },
      { name: '500 restarts', module: waiters, variant: 'pools-crowded', held: 500 },
    ],
  },
];

/** What calls cost while others do not come to their end. */
export async function measureWaiting(context: GroupContext): Promise<readonly Table[]> {
  const tables: Table[] = [];
  for (const { title, note, callers, contenders } of questions) {
    const measured = await withContenders(contenders, { url: context.url, text: texts.small }, (opened) =>
      measureRounds(opened, callers, context),
    );
    tables.push(tableOf(title, measured, { note }));
  }
  return tables;
}
