import { describe, expect, test } from '@jest/globals';
import { cacheControl, isJson, retryAfterMs } from '../../../src/upstream/response-headers.ts';

describe('JSON is announced by', () => {
  test.each([
    'application/json',
    'application/json; charset=utf-8',
    'Application/JSON ;charset=utf-8',
    'application/problem+json',
    'application/vnd.amperity.v1+json;x=y',
  ])('%s', (type) => {
    expect(isJson({ 'content-type': type })).toBe(true);
  });
});

describe('JSON is not announced by', () => {
  test.each([
    'text/html',
    'text/json',
    'application/jsonp',
    'application/x-ndjson',
    'text/plain; application/json',
    'application/+json',
    '',
    undefined,
    ['application/json'],
  ])('%p', (type) => {
    expect(isJson({ 'content-type': type })).toBe(false);
  });
});

const NOW = Date.UTC(2026, 0, 1, 12, 0, 0);

describe('Cache-Control', () => {
  const read = (value: unknown) => cacheControl({ 'cache-control': value }, NOW);

  test.each<[string, ReturnType<typeof cacheControl>]>([
    ['max-age=60', { noStore: false, maxAgeMs: 60_000 }],
    ['public, Max-Age=60', { noStore: false, maxAgeMs: 60_000 }],
    ['max-age=60, s-maxage=30', { noStore: false, maxAgeMs: 30_000, neverStale: true }],
    ['s-maxage=90,max-age=60', { noStore: false, maxAgeMs: 90_000, neverStale: true }],
    ['max-age=1, max-age=60', { noStore: false, maxAgeMs: 1000 }],
    ['max-age=99999999999', { noStore: false, maxAgeMs: 2 ** 31 * 1000 }],
    ['x="a, max-age=60", max-age=1', { noStore: false, maxAgeMs: 1000 }],
    ['max-age=1, x="a, max-age=60, no-store"', { noStore: false, maxAgeMs: 1000 }],
    ['x="\\", no-store", max-age=1', { noStore: false, maxAgeMs: 1000 }],
    ['max-age="5"', { noStore: false, maxAgeMs: 5000 }],
    ['max-age=0', { noStore: false, maxAgeMs: 0 }],
    ['no-cache', { noStore: false, maxAgeMs: 0, neverStale: true }],
    ['no-cache, max-age=60', { noStore: false, maxAgeMs: 0, neverStale: true }],
    ['NO-STORE', { noStore: true }],
    ['private, max-age=60', { noStore: true, maxAgeMs: 60_000 }],
    ['private="set-cookie"', { noStore: true }],
    ['must-revalidate, x-max-age=9', { noStore: false, neverStale: true }],
    ['', { noStore: false }],
  ])('%s', (value, read_) => {
    expect(read(value)).toEqual(read_);
  });

  test.each(['max-age', 'max-age=', 'max-age=-1', 'max-age=1.5', 'max-age=soon', 'max-age="5'])(
    '%s cannot be read, so the answer is not taken to be fresh',
    (value) => {
      expect(read(value)).toEqual({ noStore: false, maxAgeMs: 0 });
    },
  );

  test('that was not sent says nothing', () => {
    expect(cacheControl({}, NOW)).toEqual({ noStore: false });
  });
});

describe('Expires', () => {
  const read = (headers: Record<string, unknown>) => cacheControl(headers, NOW).maxAgeMs;

  test.each<[string, Record<string, unknown>, number]>([
    ['is counted from Date', { date: at(-60), expires: at(-50) }, 10_000],
    ['is counted from now without a Date', { expires: at(30) }, 30_000],
    ['is counted from now where Date is none', { date: 'today', expires: at(30) }, 30_000],
    ['that is past leaves nothing', { date: at(0), expires: 'Thu, 01 Jan 1970 00:00:00 GMT' }, 0],
    ['before Date leaves nothing', { date: at(60), expires: at(30) }, 0],
    ['that is no date is past', { expires: '0' }, 0],
    ['counts for less than max-age', { 'cache-control': 'max-age=5', expires: at(30) }, 5000],
  ])('%s', (_, headers, ms) => {
    expect(read(headers)).toBe(ms);
  });

  function at(seconds: number): string {
    return new Date(NOW + seconds * 1000).toUTCString();
  }
});

describe('Age', () => {
  const read = (age: unknown) => cacheControl({ age }, NOW).ageMs;

  test.each([
    ['30', 30_000],
    ['7200, 0', 7_200_000],
    ['99999999999', 2 ** 31 * 1000],
  ])('of %p is %d ms', (age, ms) => {
    expect(read(age)).toBe(ms);
  });

  test.each([undefined, '', '0', '0, 7200', 'abc', '-30', '30.0', '30;a=b'])('of %p is none', (age) => {
    expect(read(age)).toBeUndefined();
  });
});

describe('Vary', () => {
  test.each(['*', '*, *', ', *', 'Accept, *', '*, Accept'])('%s forbids to store', (vary) => {
    expect(cacheControl({ vary, 'cache-control': 'max-age=60' }, NOW).noStore).toBe(true);
  });

  test.each([undefined, '', 'Accept', 'Accept-Encoding, X-*'])('%p forbids nothing', (vary) => {
    expect(cacheControl({ vary }, NOW).noStore).toBe(false);
  });
});

describe('Retry-After', () => {
  const read = (value: unknown) => retryAfterMs({ 'retry-after': value }, NOW);

  test.each([
    ['0', 0],
    ['5', 5000],
    [' 5 ', 5000],
    ['Thu, 01 Jan 2026 12:00:30 GMT', 30_000],
  ])('of %p is a pause of %d ms', (value, ms) => {
    expect(read(value)).toBe(ms);
  });

  test('of a time gone by is no pause', () => {
    expect(read('Thu, 01 Jan 2026 11:00:00 GMT')).toBe(0);
  });

  test.each(['7200', '9999999999', 'Sat, 01 Jan 2028 12:00:00 GMT'])(
    'of %s is taken to be an hour at most',
    (value) => {
      expect(read(value)).toBe(3_600_000);
    },
  );

  test.each([
    undefined,
    '',
    'soon',
    '-5',
    '1.5',
    '5s',
    '12345678901',
    '2026-01-01T12:00:30Z',
    'Thursday, 01-Jan-26 12:00:30 GMT',
    'Thu, 99 Jan 2026 12:00:30 GMT',
    'Thu, 01 Jan 2026 12:00:30 +0100',
    ['5'],
  ])('of %p is none', (value) => {
    expect(read(value)).toBeUndefined();
  });
});
