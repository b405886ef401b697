import { describe, expect, test } from 'vitest';
import { ConfigurationError } from '../../src/config/configuration-error.js';
import { runTopology, type TopologyOptions } from '../../src/cli/topology/command.js';
import { fileWith } from './file-with.js';
import { recordedTerminal } from './recorded-terminal.js';

const url = 'amqp://worker:s3cret@127.0.0.1:1/trees';

async function topology(options: TopologyOptions) {
  const terminal = recordedTerminal();
  const exitCode = await runTopology(options, { terminal, env: {}, cwd: process.cwd() });
  expect(exitCode).toBe(0);
  expect(terminal.lines.join('\n')).not.toContain('s3cret');
  return terminal.lines;
}

interface PrintedRole {
  readonly virtualHost: string;
  readonly user: string;
  readonly actions: readonly string[];
  readonly declares: readonly { readonly kind: string; readonly name?: string }[];
  readonly permissions: Record<'configure' | 'write' | 'read', string>;
  readonly command: string;
}

async function json(options: TopologyOptions): Promise<PrintedRole[]> {
  return JSON.parse((await topology({ ...options, json: true })).join('\n')) as PrintedRole[];
}

test('prints what a worker declares, its permissions, and the command that gives them, and asks no broker', async () => {
  const lines = await topology({ url, address: ['node-1'], action: ['dx_example'] });
  expect(lines).toEqual([
    'virtual host trees: a worker of node-1',
    'Replies travel through the exchange of their request: callers need reply_route: request-exchange.',
    '',
    'exchanges',
    '  samovar.node-1   direct, durable',
    '  dx_example       direct, not durable',
    '  samovar.control  direct, not durable',
    '',
    'queues',
    '  node-1                durable',
    '  node-1.quarantine     durable x-max-length=100000 x-max-length-bytes=1073741824 x-overflow=reject-publish',
    ...['30s', '5m', '30m'].map((rung, index) => {
      const ttl = [30_000, 300_000, 1_800_000][index];
      const deadLetters = 'x-dead-letter-exchange=samovar.node-1 x-dead-letter-routing-key=node-1';
      return `  ${`node-1.retry.${rung}`.padEnd(20)}  durable x-message-ttl=${ttl} ${deadLetters}`;
    }),
    '  samovar.control.<id>  exclusive x-max-length=10000',
    '',
    "bindings (the queue's name is the key, unless another is given)",
    ...['node-1', 'node-1.quarantine', 'node-1.retry.30s', 'node-1.retry.5m', 'node-1.retry.30m'].map(
      (queue) => `  ${queue.padEnd(20)}  to samovar.node-1`,
    ),
    '  node-1                to dx_example',
    '  samovar.control.<id>  to samovar.control, key node-1',
    '',
    'permissions',
    expect.stringMatching(/^ {2}configure {2}\^\(node-1\|/),
    expect.stringMatching(/^ {2}write {6}\^\(node-1\|/),
    expect.stringMatching(/^ {2}read {7}\^\(samovar\\\.node-1\|/),
    '',
    expect.stringMatching(/^rabbitmqctl set_permissions -p trees worker '\^\(node-1.*\)\$' '\^.*\$' '\^.*\$'$/),
  ]);
});

describe('the actions', () => {
  test('are those of the handler modules', async () => {
    const [role] = await json({ url, handlers: ['samovar/handlers'] });
    expect(role?.actions).toEqual(expect.arrayContaining(['dx_example', 'dx_node_status']));
    expect(role?.permissions.configure).toContain('|dx_node_status');
  });

  test('are those that the file lists, for each virtual host that is chosen, without loading a handler', async () => {
    const config = await fileWith(`
server: { host: 127.0.0.1, username: w, password: s3cret }
virtual_hosts:
  trees: { queue: node-1, exchanges: { dx_example: { type: direct } } }
  'o''aks': { queue: 'n''1', username: own, exchanges: { dx_other: { type: topic } } }
`);
    const roles = await json({ config, allVhosts: true });
    expect(roles.map(({ virtualHost, user, actions }) => [virtualHost, user, ...actions])).toEqual([
      ['trees', 'w', 'dx_example'],
      ["o'aks", 'own', 'dx_other'],
    ]);
    expect(roles[1]?.command).toMatch(/^rabbitmqctl set_permissions -p 'o'\\''aks' own '\^\(n'\\''1\|/);
    expect(roles[1]?.declares).toContainEqual({ kind: 'exchange', name: 'dx_other', type: 'topic', durable: false });
  });
});

describe('the role', () => {
  const options = { url, address: ['node-1'], action: ['dx_example'] };

  test("of a caller has none of the worker's names, and names no user that would lose its rights", async () => {
    const [caller] = await json({ ...options, for: 'caller' });
    expect(caller?.permissions.configure).toBe('^(samovar\\.inbox\\.samovar\\.[0-9a-f-]+)$');
    expect(JSON.stringify(caller?.permissions)).not.toContain('node-1');
    expect(caller?.command).toContain("-p trees '<user>' ");
    const [named] = await json({ ...options, for: 'caller', user: 'cluster-api', inbox: 'exclusive' });
    expect(named?.command).toContain("-p trees cluster-api '^(amq\\.gen-");
  });

  test('of both is for one user that is both', async () => {
    const [both] = await json({ ...options, for: 'both' });
    expect(both?.user).toBe('worker');
    expect(both?.permissions.configure).toMatch(/node-1\|.*dx_example\|.*samovar\\\.inbox/);
    expect(new Set(both?.declares.map((each) => JSON.stringify(each))).size).toBe(both?.declares.length);
  });
});

test('has a right on the default exchange only when asked for replies by that way', async () => {
  const options = { url, address: ['node-1'], action: ['dx_example'] };
  expect(JSON.stringify(await json(options))).not.toContain('amq.default');
  const [role] = await json({ ...options, replyRoute: 'default' });
  expect(role?.permissions.write).toContain('|amq\\.default|');
});

test('has that right, too, where replies cannot go through the exchange of an action', async () => {
  const exchanges = { dx_tell_all: { type: 'fanout' } };
  const server = { host: '127.0.0.1', username: 'w', password: 's3cret' };
  const config = await fileWith({ server, virtual_hosts: { trees: { queue: 'node-1', exchanges } } });
  const [role] = await json({ config });
  expect(role?.permissions.write).toContain('|amq\\.default|');
});

test('a virtual host without a broker is refused', async () => {
  const config = await fileWith('transport: memory\nvirtual_hosts: { trees: { queue: node-1 } }\n');
  await expect(topology({ config, action: ['a'] })).rejects.toThrow(ConfigurationError);
});
