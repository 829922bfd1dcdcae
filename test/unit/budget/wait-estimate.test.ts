import { describe, expect, test } from '@jest/globals';
import { estimatedWaitMs, type LeaseState } from '../../../src/budget/wait-estimate.ts';

const idle: LeaseState = {
  now: 10_000,
  lastGrant: 0,
  ends: [],
  holdMs: 1000,
  tuning: { leases: 10, minTimeMs: 0 },
  bursts: false,
};
const allHeldUntil = (end: number): LeaseState => ({ ...idle, ends: Array<number>(10).fill(end) });

describe('the estimated wait', () => {
  test('is nothing while there are free leases for everybody who goes before', () => {
    expect([0, 5, 9].map((turns) => estimatedWaitMs(turns, idle))).toEqual([0, 0, 0]);
  });

  test('beyond them is a window, and then a gap for each turn', () => {
    expect([10, 11, 19, 20, 29].map((turns) => estimatedWaitMs(turns, idle))).toEqual([
      1000, 1100, 1900, 2000, 2900,
    ]);
  });

  test('reckons from the end of the leases that are held', () => {
    expect([0, 1, 10].map((turns) => estimatedWaitMs(turns, allHeldUntil(10_400)))).toEqual([400, 500, 1400]);
  });

  test('comes in waves where a backlog is let out in bursts', () => {
    const bursts = { ...allHeldUntil(10_400), bursts: true };
    expect([0, 9, 10, 25].map((turns) => estimatedWaitMs(turns, bursts))).toEqual([400, 400, 1400, 2400]);
  });

  test('follows the spacing of permits', () => {
    const spaced = { ...idle, lastGrant: 9950, tuning: { leases: 10, minTimeMs: 100 } };
    expect([0, 1, 4].map((turns) => estimatedWaitMs(turns, spaced))).toEqual([50, 150, 450]);
  });
});
