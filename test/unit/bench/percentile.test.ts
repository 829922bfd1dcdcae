import { describe, expect, test } from '@jest/globals';
import { median, percentile } from '../../../bench/percentile.ts';

const hundred = Array.from({ length: 100 }, (_, place) => 100 - place);

describe('a percentile', () => {
  test('is a value that was measured, by nearest rank', () => {
    expect(percentile(hundred, 0.95)).toBe(95);
    expect(percentile(hundred, 0.5)).toBe(50);
    expect(percentile(hundred, 1)).toBe(100);
    expect(percentile([3, 1, 2], 0.95)).toBe(3);
    expect(percentile([3, 1, 2], 0)).toBe(1);
  });

  test('sorts by number and leaves its input alone', () => {
    const values = [10, 9, 100];
    expect(percentile(values, 1)).toBe(100);
    expect(values).toEqual([10, 9, 100]);
  });

  test('of nothing is not a number', () => {
    expect(percentile([], 0.5)).toBeNaN();
    expect(median([])).toBeNaN();
  });
});

test('a median lies between the two middle values', () => {
  expect(median([4, 1, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([5])).toBe(5);
});
