import type { ConformanceCase } from './case.js';
import { consumingCases } from './consuming-cases.js';
import { controlCases } from './control-cases.js';
import { inboxCases } from './inbox-cases.js';
import { lifeCycleCases } from './life-cycle-cases.js';
import { orderCases } from './order-cases.js';
import { recoveryCases } from './recovery-cases.js';
import { routingCases } from './routing-cases.js';
import { sendingCases } from './sending-cases.js';
import { settlingCases } from './settling-cases.js';

/** Everything that is asked of a transport, as data. */
export const transportCases: readonly ConformanceCase[] = [
  ...sendingCases,
  ...routingCases,
  ...consumingCases,
  ...settlingCases,
  ...orderCases,
  ...controlCases,
  ...inboxCases,
  ...lifeCycleCases,
  ...recoveryCases,
];
