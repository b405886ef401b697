import type { Declaration, Plan, Publishing } from './plan.js';

/** A right that RabbitMQ asks for: its permission, and on what. */
export interface Right {
  readonly permission: 'configure' | 'write' | 'read';
  readonly kind: 'queue' | 'exchange';
  readonly name: string;
}

export type Act = Declaration | Publishing | { readonly kind: 'consuming'; readonly queue: string };

/** How permissions call the default exchange, whose name is empty. */
const defaultExchange = 'amq.default';

/** The rights that each act needs, by RabbitMQ's page on access control, in the order in which it asks for them. */
export function rightsFor(act: Act): Right[] {
  switch (act.kind) {
    case 'exchange':
      return [{ permission: 'configure', kind: 'exchange', name: act.name }];
    case 'queue': {
      const deadLetters = act.arguments['x-dead-letter-exchange'];
      const configure: Right = { permission: 'configure', kind: 'queue', name: act.name };
      if (deadLetters === undefined) return [configure];
      return [
        configure,
        { permission: 'read', kind: 'queue', name: act.name },
        { permission: 'write', kind: 'exchange', name: String(deadLetters) },
      ];
    }
    case 'binding':
      return [
        { permission: 'write', kind: 'queue', name: act.queue },
        { permission: 'read', kind: 'exchange', name: act.exchange },
      ];
    case 'publishing':
      return [{ permission: 'write', kind: 'exchange', name: act.exchange === '' ? defaultExchange : act.exchange }];
    case 'consuming':
      return [{ permission: 'read', kind: 'queue', name: act.queue }];
  }
}

/** Three regular expressions, as `rabbitmqctl set_permissions` takes them. */
export interface Permissions {
  readonly configure: string;
  readonly write: string;
  readonly read: string;
}

/**
 * The narrowest permissions for all that the plans do, and nothing more.
 * @param patternOf a regular expression for those names that differ from process to process
 */
export function permissionsFor(
  plans: readonly Plan[],
  patternOf: (name: string) => string | undefined = () => undefined,
): Permissions {
  const acts = plans.flatMap((plan): Act[] => [
    ...plan.declares,
    ...plan.publishes,
    { kind: 'consuming', queue: plan.consumes },
  ]);
  const rights = acts.flatMap(rightsFor);
  const pattern = (permission: Right['permission']) => {
    const names = new Set(rights.filter((right) => right.permission === permission).map(({ name }) => name));
    return names.size === 0 ? '^$' : `^(${[...names].map((name) => patternOf(name) ?? quoted(name)).join('|')})$`;
  };
  return { configure: pattern('configure'), write: pattern('write'), read: pattern('read') };
}

function quoted(name: string): string {
  return name.replace(/[\\^$.[\]|()?*+{}]/g, '\\$&');
}
