import { describe, expect, test } from '@jest/globals';
import { callsInLastSecond, leaseRate, steadyRate } from '../../../bench/arrival-rate.ts';

describe('the steady rate', () => {
  test('leaves out the first ten calls', () => {
    const burst = Array.from({ length: 10 }, () => 0);
    const paced = Array.from({ length: 101 }, (_, call) => 1000 + call * 100);
    expect(steadyRate([...burst, ...paced])).toBeCloseTo(10, 12);
  });

  test('of fewer than twelve calls is not a number', () => {
    expect(steadyRate(Array.from({ length: 11 }, (_, call) => call))).toBeNaN();
  });
});

describe('the number of calls in the last second', () => {
  test('grows with each call and falls 1000 ms after it', () => {
    expect(callsInLastSecond([0, 500, 3000])).toEqual([
      [0, 1],
      [500, 2],
      [1000, 1],
      [1500, 0],
      [3000, 1],
      [4000, 0],
    ]);
    expect(callsInLastSecond([])).toEqual([]);
  });

  test('never holds two calls that are a whole second apart', () => {
    expect(Math.max(...callsInLastSecond([0, 1000, 2000]).map(([, calls]) => calls))).toBe(1);
    expect(Math.max(...callsInLastSecond([0, 999.999]).map(([, calls]) => calls))).toBe(2);
  });
});

test('leases allow the rate per window and guard', () => {
  expect(leaseRate({ rate: 10, windowMs: 1000, guardMs: 25 })).toBeCloseTo(9.756, 3);
});
