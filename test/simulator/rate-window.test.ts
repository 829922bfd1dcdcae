import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  FixedWindow,
  type RateLimits,
  type RateWindow,
  SlidingWindow,
  TokenBucket,
} from '../../simulator/request/rate-window.ts';

const limits: RateLimits = { limit: 10, windowUs: 1_000_000, burst: 10, countRejected: false };

function admitted(window: RateWindow, times: readonly number[], how: RateLimits = limits): number[] {
  return times.filter((time) => window.admit(time, how));
}

/** 100 arrivals a millisecond apart from the given time on. */
function burst(fromUs: number, count = 100): number[] {
  return Array.from({ length: count }, (_, place) => fromUs + place * 1000);
}

function mostInWindow(times: readonly number[]): number {
  return Math.max(0, ...times.map((from) => times.filter((t) => t >= from && t < from + 1_000_000).length));
}

const flood = fc.array(fc.integer({ min: 0, max: 90_000 }), { minLength: 1, maxLength: 200 }).map((gaps) => {
  let now = 0;
  return gaps.map((gap) => (now += gap));
});

describe('a sliding window', () => {
  test('admits exactly its limit of a burst, and the next one a full window after the first', () => {
    const window = new SlidingWindow();
    expect(admitted(window, burst(0))).toHaveLength(10);
    expect(window.admit(999_999, limits)).toBe(false);
    expect(window.admit(1_000_000, limits)).toBe(true);
    expect(window.admit(1_000_000, limits)).toBe(false);
  });

  test('never admits more than its limit in any half-open second', () => {
    fc.assert(fc.property(flood, (times) => mostInWindow(admitted(new SlidingWindow(), times)) <= 10));
  });

  test('admits nobody as long as refused arrivals that use budget keep coming', () => {
    const steady = Array.from({ length: 400 }, (_, place) => place * 50_000);
    expect(admitted(new SlidingWindow(), steady, { ...limits, countRejected: true })).toHaveLength(10);
    expect(admitted(new SlidingWindow(), steady).length).toBeGreaterThan(190);
  });
});

describe('a fixed window', () => {
  test('admits exactly its limit of a burst inside one window', () => {
    expect(admitted(new FixedWindow(), burst(0))).toHaveLength(10);
  });

  test('admits twice its limit around a tick', () => {
    expect(admitted(new FixedWindow(), burst(950_000))).toHaveLength(20);
  });

  test('starts anew at a tick whether or not refused arrivals use budget', () => {
    expect(admitted(new FixedWindow(), burst(950_000), { ...limits, countRejected: true })).toHaveLength(20);
  });

  test('never admits more than twice its limit in any half-open second', () => {
    fc.assert(fc.property(flood, (times) => mostInWindow(admitted(new FixedWindow(), times)) <= 20));
  });
});

describe('a token bucket', () => {
  test('admits exactly its burst at once, then one for every refilled token', () => {
    const bucket = new TokenBucket();
    expect(admitted(bucket, Array(100).fill(0), { ...limits, burst: 4 })).toHaveLength(4);
    expect(bucket.admit(99_999, { ...limits, burst: 4 })).toBe(false);
    expect(bucket.admit(100_000, { ...limits, burst: 4 })).toBe(true);
  });

  test('holds no more than its burst after a long rest', () => {
    const bucket = new TokenBucket();
    bucket.admit(0, { ...limits, burst: 4 });
    expect(admitted(bucket, Array(100).fill(60_000_000), { ...limits, burst: 4 })).toHaveLength(4);
  });

  test('admits burst plus limit in one second', () => {
    expect(admitted(new TokenBucket(), burst(0, 1000), { ...limits, burst: 25 })).toHaveLength(34);
  });

  test('never admits more than burst plus limit in any half-open second', () => {
    fc.assert(
      fc.property(
        flood,
        (times) => mostInWindow(admitted(new TokenBucket(), times, { ...limits, burst: 5 })) <= 15,
      ),
    );
  });

  test('refills nothing while refused arrivals that use budget keep coming', () => {
    const steady = Array.from({ length: 400 }, (_, place) => place * 50_000);
    expect(admitted(new TokenBucket(), steady, { ...limits, countRejected: true })).toHaveLength(19);
    expect(admitted(new TokenBucket(), steady).length).toBeGreaterThan(200);
  });
});
