import { describe, expect, test } from '@jest/globals';
import { Draws } from '../../simulator/data/prng.ts';
import { checkKnobs, defaultKnobs } from '../../simulator/knobs/knob-store.ts';
import type { KnobValues } from '../../simulator/knobs/knob-table.ts';
import { drawLatencyMs, percentiles } from '../../simulator/request/latency.ts';

const DRAWS = 20_000;

function knobsWith(changes: Record<string, unknown>): KnobValues {
  return { ...defaultKnobs(), ...checkKnobs(changes) };
}

/** Measured p50 and p95 of many draws, in ms. */
function measured(changes: Record<string, unknown>, filters: number, withTotal = false): [number, number] {
  const draws = new Draws(1, 'test');
  const knobs = knobsWith(changes);
  const all = Array.from({ length: DRAWS }, () => drawLatencyMs(knobs, filters, withTotal, draws));
  const sorted = all.sort((a, b) => a - b);
  return [sorted[DRAWS * 0.5] ?? 0, sorted[DRAWS * 0.95] ?? 0];
}

function expectNear(
  [p50, p95]: readonly [number, number],
  [want50, want95]: readonly [number, number],
): void {
  expect(p50 / want50).toBeGreaterThan(0.95);
  expect(p50 / want50).toBeLessThan(1.05);
  expect(p95 / want95).toBeGreaterThan(0.93);
  expect(p95 / want95).toBeLessThan(1.07);
}

describe('the published figures', () => {
  test.each<[Record<string, unknown>, number, [number, number]]>([
    [{ 'latency.preset': 'seconds' }, 0, [1000, 3500]],
    [{ 'latency.preset': 'seconds' }, 5, [1000, 3500]],
    [{ 'latency.preset': '1m' }, 0, [41, 74]],
    [{ 'latency.preset': '1m' }, 1, [63, 140]],
    [{ 'latency.preset': '1m' }, 3, [1000, 3500]],
    [{ 'latency.preset': '10m' }, 0, [36, 48]],
    [{ 'latency.preset': '10m' }, 3, [8300, 19_000]],
    [{ 'latency.preset': '100m' }, 1, [68, 240]],
    [{ 'latency.preset': '100m' }, 3, [26_000, 44_000]],
    [{ 'latency.preset': '1m', 'data.columns': 30 }, 10, [550, 3800]],
    [{ 'latency.preset': '10m', 'data.columns': 30 }, 1, [800, 3700]],
    [{ 'latency.preset': '100m', 'data.columns': 30 }, 1, [68, 240]],
    [{ 'latency.preset': '100m', 'data.columns': 30 }, 10, [33_000, 50_000]],
    [{ 'latency.table': { 0: [10, 20], 2: [40, 80] } }, 2, [40, 80]],
  ])('%j with %i filters', (knobs, filters, wanted) => {
    expectNear(measured(knobs, filters), wanted);
  });

  test('off takes no time', () => {
    expect(measured({ 'latency.preset': 'off' }, 3)).toEqual([0, 0]);
  });
});

describe('between the figures', () => {
  const table = { 0: [10, 20], 2: [40, 80] } as const;

  test('two rows interpolate geometrically, and the outer rows hold', () => {
    const near = (filters: number) => percentiles(table, filters).map((ms) => Math.round(ms * 1e6) / 1e6);
    expect([near(0), near(1), near(2), near(9)]).toEqual([
      [10, 20],
      [20, 40],
      [40, 80],
      [40, 80],
    ]);
    expect(percentiles({ 3: [5, 6] }, 0)).toEqual([5, 6]);
  });

  test('a total multiplies, and latency.max_ms cuts', () => {
    expectNear(measured({ 'latency.table': table, 'latency.total_factor': 3 }, 0, true), [30, 60]);
    expectNear(measured({ 'latency.table': table, 'latency.total_factor': 0.5 }, 0, true), [5, 10]);
    expect(measured({ 'latency.table': table, 'latency.max_ms': 9 }, 0)).toEqual([9, 9]);
  });

  test('the same seed draws the same', () => {
    const sequence = () => {
      const draws = new Draws(7, 'latency');
      return Array.from({ length: 50 }, () => drawLatencyMs(defaultKnobs(), 0, false, draws));
    };
    expect(sequence()).toEqual(sequence());
  });
});
