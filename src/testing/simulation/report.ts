import { describeFault, type Fault } from './fault.js';
import type { History } from './history.js';
import type { Violation } from './invariant.js';
import type { Recorder } from './recorder.js';
import type { SimulationOptions } from './simulation-options.js';
import { drawStory } from './svg.js';
import { tellStory } from './story.js';

/** What a run showed. */
export interface SimulationReport {
  readonly seed: number;
  readonly profile: 'amqp' | 'sqs';
  /** Empty if all invariants held. */
  readonly violations: readonly Violation[];
  /** All that went wrong, as a script: given as `faults`, without chances, it makes the same run. */
  readonly faults: readonly Fault[];
  readonly history: History;
  /** The same for the same run, on every machine. */
  readonly traceHash: string;
  /** Seed, faults, violations and a timeline, in columns. */
  story(): string;
  /** The same as a picture: the text of an SVG file. */
  svg(): string;
}

export function createReport(parts: {
  readonly options: Pick<SimulationOptions, 'seed' | 'profile'>;
  readonly happened: readonly Fault[];
  readonly recorder: Recorder;
}): SimulationReport {
  const { options, happened, recorder } = parts;
  const { history, violations } = recorder;
  const { seed, profile } = options;
  const title = [
    `seed ${seed}, profile ${profile}`,
    ...(happened.length === 0 ? ['nothing went wrong on the way'] : happened.map(describeFault)),
    ...violations.map(({ invariant, what, atMs }) => `${invariant} broken at ${atMs} ms: ${what}`),
  ];
  return {
    ...{ seed, profile, violations, faults: happened, history },
    get traceHash() {
      return hashOf(history);
    },
    story: () => tellStory(title, history.events, violations),
    svg: () => drawStory(title, history.events, violations),
  };
}

/** FNV-1a, in two halves of 32 bits: short to compare, and needs nothing but integers. */
function hashOf({ events }: History): string {
  let [high, low] = [0x811c9dc5, 0x1b873593];
  for (const { atMs, who, what, request, detail } of events) {
    const line = `${atMs} ${who} ${what} ${request ?? ''} ${detail ?? ''}\n`;
    for (let index = 0; index < line.length; index += 1) {
      const code = line.charCodeAt(index);
      high = Math.imul(high ^ code, 0x01000193);
      low = Math.imul(low ^ code, 0x01000197);
    }
  }
  return [high, low].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
}
