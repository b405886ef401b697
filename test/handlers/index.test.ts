import { systemClock } from 'samovar';
import setUp, { settings } from 'samovar/handlers';
import { expect, it } from 'vitest';

it('gives a worker all example handlers, by its settings', () => {
  const names = setUp({ settings: settings.parse({}), clock: systemClock }).map(({ action }) => action.name);
  expect(names).toEqual(['dx_example', 'dx_node_status', 'dx_order_coffee_pot']);
});

it('refuses settings that cannot be right', () => {
  expect(settings.safeParse({ hopperGrams: 0 }).success).toBe(false);
  expect(settings.safeParse({ machines: [] }).success).toBe(false);
});
