export type { SimulatedCaller } from './caller.js';
export { describeFault, faultKinds, type Fault, type FaultChances, type FaultKind, type FaultMoment } from './fault.js';
export type {
  Attempt,
  EventKind,
  History,
  Logged,
  Run,
  SimulationEvent,
  Told,
  TrackedClaim,
  TrackedHold,
  TrackedMessage,
} from './history.js';
export type { Invariant, Violation } from './invariant.js';
export { invariants, neverTold } from './invariants.js';
export type { SimulationReport } from './report.js';
export { shortest } from './shortest.js';
export { createSimulation, type Simulation, type SimulationStage } from './simulation.js';
export type {
  SimulatedPlace,
  SimulatedServerOptions,
  SimulationOptions,
  SimulationParts,
} from './simulation-options.js';
