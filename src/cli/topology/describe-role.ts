import type { Paint } from '../terminal.js';
import type { Role } from './role-on.js';

const extras: Readonly<Record<string, string>> = {
  both: ' that calls, too',
  operator: ', and whoever works at its quarantine',
};

/** For people; the command stands on one line of its own. */
export function describeRole(role: Role, paint: Paint): string {
  const { virtualHost, addresses, declares, permissions, command } = role;
  const who = role.role === 'caller' ? 'a caller' : `a worker of ${addresses.join(', ')}`;
  const lines = {
    exchanges: declares.flatMap((each): [string, string][] => {
      return each.kind === 'exchange' ? [[each.name, `${each.type}, ${each.durable ? 'durable' : 'not durable'}`]] : [];
    }),
    queues: declares.flatMap((each): [string, string][] => {
      if (each.kind !== 'queue') return [];
      const form = each.exclusive ? 'exclusive' : 'durable';
      return [[each.name, [form, ...Object.entries(each.arguments).map((entry) => entry.join('='))].join(' ')]];
    }),
    "bindings (the queue's name is the key, unless another is given)": declares.flatMap((each): [string, string][] => {
      if (each.kind !== 'binding') return [];
      return [[each.queue, `to ${each.exchange}${each.key === undefined ? '' : `, key ${each.key}`}`]];
    }),
    permissions: Object.entries(permissions) as [string, string][],
  };
  const title = `virtual host ${virtualHost}: ${who}${extras[role.role] ?? ''}`;
  const replies =
    role.replyRoute === 'default'
      ? 'Replies travel through the default exchange.'
      : 'Replies travel through the exchange of their request: callers need reply_route: request-exchange.';
  const sections = Object.entries(lines).flatMap(([heading, rows]) =>
    rows.length === 0 ? [] : [`\n${heading}\n${columns(rows, paint)}`],
  );
  return [paint('bold', title), replies, ...sections, '', command].join('\n');
}

function columns(rows: readonly [string, string][], paint: Paint): string {
  const width = Math.max(...rows.map(([first]) => first.length));
  return rows.map(([first, second]) => `  ${first.padEnd(width)}  ${paint('dim', second)}`).join('\n');
}
