import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { freshness, instants, type Lifetimes } from '../../../src/store/freshness.ts';

const LIFETIMES: Lifetimes = {
  freshMs: 60_000,
  staleMs: 300_000,
  staleIfErrorMs: 900_000,
  maxRetentionMs: 86_400_000,
};
const NOW = 1_700_000_000_000;
const SAYS_NOTHING = { noStore: false };
const MIDDLE = 0.5;

describe('a page', () => {
  test('lives as configured', () => {
    expect(instants(NOW, LIFETIMES, 200, SAYS_NOTHING, MIDDLE)).toEqual({
      storedAt: NOW,
      freshUntil: NOW + 60_000,
      staleUntil: NOW + 360_000,
      errorUntil: NOW + 960_000,
    });
  });

  test('lives up to a tenth longer or shorter, so that a wave does not expire as one', () => {
    const freshMs = (random: number) => instants(NOW, LIFETIMES, 200, SAYS_NOTHING, random).freshUntil - NOW;
    expect(freshMs(0)).toBeCloseTo(54_000);
    expect(freshMs(1 - Number.EPSILON)).toBeCloseTo(66_000);
  });

  test('is fresh for as long as Amperity says, when that is shorter', () => {
    const short = instants(NOW, LIFETIMES, 200, { noStore: false, maxAgeMs: 5000 }, MIDDLE);
    expect([short.freshUntil - NOW, short.staleUntil - short.freshUntil]).toEqual([5000, 300_000]);
    const never = instants(NOW, LIFETIMES, 200, { noStore: false, maxAgeMs: 0 }, MIDDLE);
    expect(never.freshUntil).toBe(NOW);
  });

  test('is fresh no longer because Amperity says so', () => {
    const long = instants(NOW, LIFETIMES, 200, { noStore: false, maxAgeMs: 3_600_000 }, MIDDLE);
    expect(long.freshUntil - NOW).toBe(60_000);
  });

  test('is fresh for less by what it had aged before it came', () => {
    const aged = instants(NOW, LIFETIMES, 200, { noStore: false, maxAgeMs: 50_000, ageMs: 20_000 }, MIDDLE);
    expect(aged).toMatchObject({ storedAt: NOW, madeAt: NOW - 20_000, freshUntil: NOW + 30_000 });
  });

  test('that has come overdue is so by as much', () => {
    const says = { noStore: false, maxAgeMs: 50_000, ageMs: 80_000 };
    const overdue = instants(NOW, LIFETIMES, 200, says, MIDDLE);
    expect(overdue.freshUntil).toBe(NOW - 30_000);
    expect(freshness(overdue, NOW)).toBe('stale');
  });

  test('whose age alone is known lives as configured', () => {
    const aged = instants(NOW, LIFETIMES, 200, { noStore: false, ageMs: 80_000 }, MIDDLE);
    expect(aged.freshUntil).toBe(NOW + 60_000);
  });

  test.each([
    ['ends where Amperity says, if it may never be stale', 5000, 5000],
    ['may be overdue here as long as it is not so by what Amperity says', 100_000, 100_000],
    [
      'ends with its configured freshness, if Amperity only says that it may never be stale',
      undefined,
      60_000,
    ],
  ])('%s', (_, maxAgeMs, endsMs) => {
    const says = { noStore: false, neverStale: true, ...(maxAgeMs !== undefined && { maxAgeMs }) };
    const { freshUntil, staleUntil, errorUntil } = instants(NOW, LIFETIMES, 200, says, MIDDLE);
    expect(freshUntil - NOW).toBe(Math.min(60_000, endsMs));
    expect([staleUntil - NOW, errorUntil - NOW]).toEqual([endsMs, endsMs]);
  });

  test('is gone after the longest retention, whatever else is configured', () => {
    const capped = instants(NOW, { ...LIFETIMES, maxRetentionMs: 70_000 }, 200, SAYS_NOTHING, MIDDLE);
    expect([capped.freshUntil, capped.staleUntil, capped.errorUntil].map((at) => at - NOW)).toEqual([
      60_000, 70_000, 70_000,
    ]);
    const tight = instants(NOW, { ...LIFETIMES, maxRetentionMs: 10_000 }, 200, SAYS_NOTHING, MIDDLE);
    expect(tight.freshUntil - NOW).toBe(10_000);
  });
});

describe('an absence', () => {
  const absent = (lifetimes: Lifetimes, maxAgeMs?: number) =>
    instants(
      NOW,
      lifetimes,
      404,
      { noStore: false, ...(maxAgeMs === undefined ? {} : { maxAgeMs }) },
      MIDDLE,
    );

  test('is remembered for half a minute at most, and is never stale', () => {
    const until = NOW + 30_000;
    expect(absent(LIFETIMES)).toEqual({
      storedAt: NOW,
      freshUntil: until,
      staleUntil: until,
      errorUntil: until,
    });
  });

  test('is remembered for less where pages are fresh for less', () => {
    expect(absent({ ...LIFETIMES, freshMs: 2000 }).errorUntil - NOW).toBe(2000);
    expect(absent(LIFETIMES, 1000).errorUntil - NOW).toBe(1000);
    expect(absent({ ...LIFETIMES, maxRetentionMs: 500 }).errorUntil - NOW).toBe(500);
  });
});

describe('the state of a page', () => {
  const page = instants(NOW, LIFETIMES, 200, SAYS_NOTHING, MIDDLE);

  test.each([
    [0, 'fresh'],
    [59_999, 'fresh'],
    [60_000, 'stale'],
    [359_999, 'stale'],
    [360_000, 'fallback'],
    [959_999, 'fallback'],
    [960_000, 'dead'],
  ])('after %d ms is %s', (ms, state) => {
    expect(freshness(page, NOW + ms)).toBe(state);
  });

  test('passes over what it is not given time for', () => {
    const strict = instants(NOW, { ...LIFETIMES, staleMs: 0, staleIfErrorMs: 0 }, 200, SAYS_NOTHING, MIDDLE);
    expect([59_999, 60_000].map((ms) => freshness(strict, NOW + ms))).toEqual(['fresh', 'dead']);
    const noFallback = instants(NOW, { ...LIFETIMES, staleIfErrorMs: 0 }, 200, SAYS_NOTHING, MIDDLE);
    expect([359_999, 360_000].map((ms) => freshness(noFallback, NOW + ms))).toEqual(['stale', 'dead']);
  });
});

test('whatever is configured and whatever Amperity says, no instant lies before the last or past the cap', () => {
  const ms = fc.nat(100_000_000);
  const lifetimes = fc.record({ freshMs: ms, staleMs: ms, staleIfErrorMs: ms, maxRetentionMs: ms });
  const upstream = fc.record(
    { noStore: fc.constant(false), maxAgeMs: ms, ageMs: ms, neverStale: fc.boolean() },
    { requiredKeys: ['noStore'] },
  );
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(
      lifetimes,
      fc.constantFrom(200 as const, 404 as const),
      upstream,
      random,
      (of, status, says, at) => {
        const { storedAt, freshUntil, staleUntil, errorUntil } = instants(NOW, of, status, says, at);
        expect(storedAt).toBe(NOW);
        if (!says.ageMs) expect(freshUntil).toBeGreaterThanOrEqual(storedAt);
        expect(Math.min(staleUntil, errorUntil)).toBeGreaterThanOrEqual(freshUntil);
        expect(Math.max(staleUntil, errorUntil)).toBeLessThanOrEqual(NOW + of.maxRetentionMs);
        expect(freshUntil - NOW).toBeLessThanOrEqual(
          Math.min(of.freshMs * 1.1, (says.maxAgeMs ?? Infinity) - (says.ageMs ?? 0)) + 0.001,
        );
      },
    ),
  );
});
