import { expect, test } from '@jest/globals';
import { retryDelayMs } from '../../../src/fill/retry-delay.ts';

const NEARLY_ONE = 1 - Number.EPSILON;

test.each([
  [1, 400],
  [2, 800],
  [3, 1600],
  [4, 3200],
  [5, 5000],
  [60, 5000],
])('after %d failures the delay is anything between nothing and %d ms', (failures, longestMs) => {
  expect(retryDelayMs(failures, 0)).toBe(0);
  expect(retryDelayMs(failures, 0.5)).toBe(longestMs / 2);
  expect(retryDelayMs(failures, NEARLY_ONE)).toBeCloseTo(longestMs);
  expect(retryDelayMs(failures, NEARLY_ONE)).toBeLessThanOrEqual(longestMs);
});
