import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { jainIndex } from '../../../bench/jain.ts';

describe('the Jain index', () => {
  test('is 1 for equal shares, and 1 / n when one of n has everything', () => {
    expect(jainIndex([7, 7, 7, 7, 7])).toBe(1);
    expect(jainIndex([0, 0, 0, 0, 9])).toBeCloseTo(0.2, 12);
    expect(jainIndex([1, 2, 3])).toBeCloseTo(36 / 42, 12);
  });

  test('calls it fair when nobody has anything', () => {
    expect(jainIndex([0, 0])).toBe(1);
  });

  test('lies between 1 / n and 1 and does not depend on the unit', () => {
    const shares = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(shares, (counts) => {
        const index = jainIndex(counts);
        expect(index).toBeGreaterThanOrEqual(1 / counts.length - 1e-9);
        expect(index).toBeLessThanOrEqual(1 + 1e-9);
        expect(jainIndex(counts.map((count) => count * 3))).toBeCloseTo(index, 9);
      }),
    );
  });
});
