import { expect, test } from '@jest/globals';
import { coldPath, labelOf } from '../../../bench/cold-path.ts';
import { coresOf } from '../../../bench/pinning.ts';
import { shareDeviation } from '../../../bench/share-deviation.ts';

test('the deviation of shares is the largest one, as a part of what was due', () => {
  expect(shareDeviation([10, 20, 40], [1, 2, 4])).toBe(0);
  expect(shareDeviation([11, 20, 39], [1, 2, 4])).toBeCloseTo(0.1, 12);
  expect(shareDeviation([5, 15], [1, 1])).toBeCloseTo(0.5, 12);
});

test('a question carries its label to where it arrives, whichever filters it has', () => {
  expect(labelOf(coldPath('heavy', 17))).toBe('heavy');
  expect(labelOf(coldPath('heavy', 17, 3))).toBe('heavy');
  expect(coldPath('heavy', 17, 3).match(/filter%5B/g)).toHaveLength(3);
  expect(labelOf('/api/indexes')).toBeUndefined();
});

test('a list of cores is read as the kernel writes it', () => {
  expect(coresOf('0-2,5')).toEqual([0, 1, 2, 5]);
  expect(coresOf('3')).toEqual([3]);
  expect(coresOf('')).toEqual([]);
});
