import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ArrivalMaximumCounter } from '../../simulator/journal/arrival-maximum.ts';

const SECOND_US = 1_000_000;

/** The definition, taken literally: for every arrival, count those less than a second after it. */
function bruteForce(times: readonly number[]): number {
  return Math.max(0, ...times.map((from) => times.filter((t) => t >= from && t < from + SECOND_US).length));
}

function count(times: readonly number[]) {
  const counter = new ArrivalMaximumCounter(SECOND_US);
  for (const [place, time] of times.entries()) counter.add(time, place + 1);
  return counter.maximum;
}

const gaps = fc.oneof(
  fc.constantFrom(0, 1, SECOND_US - 1, SECOND_US, SECOND_US + 1),
  fc.integer({ min: 0, max: 300_000 }),
);
const arrivals = fc.array(gaps, { minLength: 1, maxLength: 120 }).map((all) => {
  let now = 0;
  return all.map((gap) => (now += gap));
});

describe('the largest number of arrivals in a second', () => {
  test('equals a brute-force count over random arrivals', () => {
    fc.assert(
      fc.property(arrivals, (times) => count(times)?.value === bruteForce(times)),
      { numRuns: 500 },
    );
  });

  test('names the interval it was found in', () => {
    fc.assert(
      fc.property(arrivals, (times) => {
        const { value = 0, fromUs = 0, toUs = 0, firstSeq = 0 } = count(times) ?? {};
        expect(toUs - fromUs).toBeLessThan(SECOND_US);
        expect(times[firstSeq - 1]).toBe(fromUs);
        expect(times[firstSeq - 2 + value]).toBe(toUs);
      }),
    );
  });

  test('leaves out an arrival exactly one second later, because the interval is half-open', () => {
    expect(count([0, SECOND_US])?.value).toBe(1);
    expect(count([0, SECOND_US - 1])?.value).toBe(2);
  });

  test('stays exact over far more arrivals than a window holds', () => {
    const times = Array.from({ length: 50_000 }, (_, place) => place * 5000);
    times.push(...Array.from({ length: 7 }, () => times.at(-1) as number));
    expect(count(times)).toEqual({ value: 207, fromUs: 249_000_000, toUs: 249_995_000, firstSeq: 49_801 });
  });
});
