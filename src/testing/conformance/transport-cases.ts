import type { ConformanceCase } from './case.js';
import { consumingCases } from './consuming-cases.js';
import { controlCases } from './control-cases.js';
import { givingBackCases } from './giving-back-cases.js';
import { inboxCases } from './inbox-cases.js';
import { inboxRecoveryCases } from './inbox-recovery-cases.js';
import { lifeCycleCases } from './life-cycle-cases.js';
import { orderCases } from './order-cases.js';
import { recoveryCases } from './recovery-cases.js';
import { retryCases } from './retry-cases.js';
import { routingCases } from './routing-cases.js';
import { sendingCases } from './sending-cases.js';
import { settlingCases } from './settling-cases.js';
import { textCases } from './text-cases.js';

/** Everything that is asked of a transport, as data. */
export const transportCases: readonly ConformanceCase[] = [
  ...sendingCases,
  ...textCases,
  ...routingCases,
  ...consumingCases,
  ...settlingCases,
  ...retryCases,
  ...orderCases,
  ...controlCases,
  ...inboxCases,
  ...inboxRecoveryCases,
  ...lifeCycleCases,
  ...givingBackCases,
  ...recoveryCases,
];
