import type { TransportError } from '../../src/core/transport.js';
import { brokerTextOf, replyCodeOf, replyCodes, setupError } from './errors.js';
import type { Link } from './link.js';
import { rightsFor, type Act, type Right } from './rights.js';

/** The rights, one of which the broker found missing with this refusal; none where it refused for another reason. */
export function missingRights(act: Act, error: unknown): Right[] {
  if (replyCodeOf(error) !== replyCodes.accessRefused) return [];
  // RabbitMQ up to 3.10 does not say the permission. The end of a long text is cut off: names are not read from it.
  const said = /(?:(configure|write|read) )?access to (queue|exchange) '/.exec(brokerTextOf(error));
  if (!said) return [];
  const [, permission, kind] = said;
  return rightsFor(act).filter(
    (right) => right.kind === kind && (permission === undefined || right.permission === permission),
  );
}

export function missingRight(link: Link, right: Right, refusal: unknown, otherwise = ''): TransportError {
  const { permission, kind, name } = right;
  const user = JSON.stringify(link.account ?? userIn(refusal) ?? 'in tls.cert');
  const virtualHost = JSON.stringify(link.endpoint.virtualHost);
  return setupError(
    `expected user ${user} to have the ${permission} permission on ${kind} ${JSON.stringify(name)} ` +
      `in virtual host ${virtualHost}${otherwise}, got: ${brokerTextOf(refusal)}. ` +
      'Run the rabbitmqctl set_permissions that samovar topology prints',
    refusal,
  );
}

/** Explains a refusal of `act` if a missing right is why. */
export function explainRefusal(link: Link, act: Act, error: unknown, otherwise = ''): TransportError | undefined {
  const [right] = link.isGone ? [] : missingRights(act, error);
  return right && missingRight(link, right, error, otherwise);
}

function userIn(refusal: unknown): string | undefined {
  return /refused for user '(.*)'$/.exec(brokerTextOf(refusal))?.[1];
}
