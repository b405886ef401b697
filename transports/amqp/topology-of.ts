import { setupError } from './errors.js';
import { planControl } from './control-plan.js';
import { controlQueue, inboxName } from './names.js';
import type { AmqpTransportOptions, ReplyRoute } from './options.js';
import { actionExchange, planCaller, planWorker, type Declaration, type PlanSettings } from './plan.js';
import { permissionsFor, type Permissions } from './rights.js';
import { planOperator } from './quarantine-plan.js';
import { brokerVersion } from './versions.js';

export interface TopologyQuestion extends Pick<
  AmqpTransportOptions,
  'app' | 'inbox' | 'durableExchanges' | 'exchangeTypes' | 'queueType'
> {
  /** The node addresses of a worker. */
  readonly addresses: readonly string[];
  readonly actions: readonly string[];
  /** How replies travel: of the two, only 'default' needs a right on the default exchange. */
  readonly replyRoute: ReplyRoute;
  /** Of RabbitMQ, such as '4.1': quorum queues have one argument more on 4.0 and later. The oldest supported by default. */
  readonly brokerVersion?: string;
}

/** What one role declares, and the narrowest permissions for all that it does. */
export interface RoleTopology {
  readonly declares: readonly Declaration[];
  readonly permissions: Permissions;
}

export interface TopologyAnswer {
  readonly worker: RoleTopology;
  /** Its inbox is shown with `<id>` in its name, where each process has an id of its own. */
  readonly caller: RoleTopology;
  /** The worker's user, where it also works at the quarantines of its addresses. */
  readonly operator: RoleTopology;
  /** One user that is both. */
  readonly both: RoleTopology;
}

/**
 * What a transport with these options declares on the broker, and may do there. Asks no broker.
 * @throws TransportError `setup` for a name that no queue or exchange can have.
 */
export function topologyOf(question: TopologyQuestion): TopologyAnswer {
  const { addresses, actions, replyRoute, app = 'samovar', inbox = 'durable', exchangeTypes = {} } = question;
  const settings: PlanSettings = {
    inbox,
    exchangeTypes: new Map(Object.entries(exchangeTypes)),
    durableExchanges: question.durableExchanges ?? false,
    queueType: question.queueType ?? 'classic',
  };
  const version = brokerVersion(question.brokerVersion);
  const control = controlQueue('<id>');
  const workers = addresses.flatMap((address) => [
    planWorker(settings, version, { address, actions, replyRoute }),
    planControl(address, control),
  ]);
  const inboxQueue = inbox === 'durable' ? inboxName(app, '<id>') : 'amq.gen-<id>';
  const caller = planCaller(settings, { inbox: inboxQueue, actions, replyRoute });
  const patternOf = (name: string) => {
    if (name === control) return `${controlQueue('').replaceAll('.', '\\.')}[0-9a-f-]+`;
    if (name !== inboxQueue) return undefined;
    return inbox === 'durable' ? `${inboxName(app, '').replaceAll('.', '\\.')}[0-9a-f-]+` : 'amq\\.gen-[A-Za-z0-9_-]+';
  };
  const operators = addresses.map(planOperator);
  const workerDeclares = distinct(workers.flatMap(({ declares }) => declares));
  checkNames([...addresses, ...actions, ...workerDeclares.flatMap((each) => ('name' in each ? each.name : []))]);
  // Those that it may, it needs no right to.
  const callerDeclares = [...actions.map((action) => actionExchange(settings, action)), ...caller.declares];
  return {
    worker: { declares: workerDeclares, permissions: permissionsFor(workers, patternOf) },
    caller: { declares: callerDeclares, permissions: permissionsFor([caller], patternOf) },
    operator: {
      declares: distinct([...workerDeclares, ...operators.flatMap(({ declares }) => declares)]),
      permissions: permissionsFor([...workers, ...operators], patternOf),
    },
    both: {
      declares: distinct([...workerDeclares, ...callerDeclares]),
      permissions: permissionsFor([...workers, caller], patternOf),
    },
  };
}

/** The empty one would be the default exchange, and with it every queue of the virtual host. */
function checkNames(names: readonly string[]): void {
  const wrong = names.find((name) => name === '' || Buffer.byteLength(name) > 255);
  if (wrong !== undefined) throw setupError(`expected names of 1 to 255 bytes, got ${JSON.stringify(wrong)}`);
}

function distinct(declarations: readonly Declaration[]): Declaration[] {
  return [...new Map(declarations.map((each) => [JSON.stringify(each), each])).values()];
}
