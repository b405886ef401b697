import { expect, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import type { Connection } from '../../../transports/amqp/connection.js';
import { createCounters } from '../../../transports/amqp/counters.js';
import { createHealth } from '../../../transports/amqp/health.js';

test('health says once what is wrong with both connections', () => {
  const lost = { state: 'connecting', trouble: 'no connection to h:5672' } as Connection;
  const both = { publishing: lost, consuming: lost };
  const health = createHealth({ clock: systemClock, counters: createCounters(), ...both, isClosed: () => false });
  expect(health.snapshot({}).reason).toBe('no connection to h:5672');
});
