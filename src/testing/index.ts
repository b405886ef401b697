export { isOn, type ConformanceCase, type ConformanceGroup, type HarnessCapability } from './conformance/case.js';
export type { TraitSide } from './conformance/case.js';
export type { HarnessConnectOptions, QuarantinedMessage, TransportHarness } from './conformance/harness.js';
export { runCase, transportConformance } from './conformance/suite.js';
export type { ConformanceOptions, ConformanceTest } from './conformance/suite.js';
export { transportCases } from './conformance/transport-cases.js';
export { createManualClock, type ManualClock, type ManualClockOptions } from './manual-clock.js';
export { createSeededRandom, type SeededRandom } from './seeded-random.js';
