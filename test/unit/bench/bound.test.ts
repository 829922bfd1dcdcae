import { describe, expect, test } from '@jest/globals';
import { boundText, holds } from '../../../bench/bound.ts';

describe('a bound', () => {
  test('holds from end to end', () => {
    expect(holds({ max: 10 }, { value: 10 })).toBe(true);
    expect(holds({ max: 10 }, { value: 11 })).toBe(false);
    expect(holds({ min: 9.56 }, { value: 9.56 })).toBe(true);
    expect(holds({ min: 9.56 }, { value: 9.55 })).toBe(false);
    expect(holds({ min: 1, max: 3 }, { value: 0 })).toBe(false);
  });

  test('is not met by what could not be measured', () => {
    expect(holds({ max: 10 }, { value: Number.NaN })).toBe(false);
    expect(holds({ min: 10 }, { value: Number.NaN })).toBe(false);
  });

  test('from above is not met by a figure that would have become larger', () => {
    expect(holds({ max: 10 }, { value: 5, unfinished: true })).toBe(false);
    expect(holds({ min: 10 }, { value: 15, unfinished: true })).toBe(true);
  });

  test('is written in the unit of its figure', () => {
    const write = (value: number) => `${value} ms`;
    expect(boundText({ max: 250 }, write)).toBe('≤ 250 ms');
    expect(boundText({ min: 2 }, write)).toBe('≥ 2 ms');
    expect(boundText({ min: 1, max: 3 }, String)).toBe('1 to 3');
    expect(boundText({ min: 1, max: 1 }, String)).toBe('1');
    expect(boundText({ max: 0 }, String)).toBe('0');
  });
});
