import { describe, expect, test } from '@jest/globals';
import { answerHeaders } from '../../../src/http/response-headers.ts';
import type { Answer, Delivery } from '../../../src/serve/answer.ts';
import { headerObject } from '../../support/header-object.ts';

const STORED_AT = 1_700_000_000_000;

function headersOf(
  delivery: Delivery,
  { afterMs = 0, agedMs = 0, waitedMs = 0, browserCache = false, revealCache = true } = {},
) {
  const body = Buffer.from('{"data":[]}');
  const answer: Answer = {
    page: {
      status: 200,
      count: 0,
      storedAt: STORED_AT,
      ...(agedMs > 0 && { madeAt: STORED_AT - agedMs }),
      freshUntil: STORED_AT + 60_000,
      staleUntil: STORED_AT + 360_000,
      errorUntil: STORED_AT + 960_000,
    },
    body,
    delivery,
    etag: 'W/"e"',
    waitedMs,
  };
  return headerObject(answerHeaders(answer, STORED_AT + afterMs, { browserCache, revealCache }));
}

describe('Cache-Status', () => {
  test.each<[Delivery, number, string]>([
    [{ cache: 'hit' }, 18_000, 'hit; ttl=42'],
    [{ cache: 'hit' }, 59_999, 'hit; ttl=0'],
    [
      { cache: 'stale', reason: 'stale-while-revalidate' },
      62_001,
      'hit; ttl=-3; detail=stale-while-revalidate',
    ],
    [{ cache: 'stale', reason: 'stale-if-error' }, 400_000, 'hit; ttl=-340; detail=stale-if-error'],
    [
      { cache: 'stale', reason: 'stale-if-over-budget' },
      400_000,
      'hit; ttl=-340; detail=stale-if-over-budget',
    ],
    [{ cache: 'miss', expired: false, stored: true }, 0, 'fwd=uri-miss; stored'],
    [{ cache: 'miss', expired: false, stored: false }, 0, 'fwd=uri-miss'],
    [{ cache: 'miss', expired: true, stored: true }, 0, 'fwd=stale; stored'],
    [{ cache: 'shared', expired: false }, 0, 'fwd=uri-miss; collapsed'],
    [{ cache: 'shared', expired: true }, 0, 'fwd=stale; collapsed'],
  ])('of %j after %d ms is %s', (delivery, afterMs, status) => {
    expect(headersOf(delivery, { afterMs })['Cache-Status']).toBe(`amperity-gateway; ${status}`);
  });
});

describe('Age', () => {
  test.each<[Delivery, number, string]>([
    [{ cache: 'hit' }, 0, '0'],
    [{ cache: 'hit' }, 18_999, '18'],
    [{ cache: 'stale', reason: 'stale-if-error' }, 400_000, '400'],
    [{ cache: 'hit' }, -5000, '0'],
  ])('of %j after %d ms is %s', (delivery, afterMs, age) => {
    expect(headersOf(delivery, { afterMs }).Age).toBe(age);
  });

  test('begins with what the page had aged before it came', () => {
    expect(headersOf({ cache: 'hit' }, { afterMs: 3000, agedMs: 30_000 }).Age).toBe('33');
  });

  test('is only told of what was stored before', () => {
    expect(headersOf({ cache: 'miss', expired: false, stored: true }).Age).toBeUndefined();
    expect(headersOf({ cache: 'shared', expired: false }).Age).toBeUndefined();
  });
});

test('the wait for the budget is told in whole milliseconds', () => {
  expect(headersOf({ cache: 'hit' })['X-Budget-Wait-Ms']).toBe('0');
  const waited = headersOf({ cache: 'miss', expired: false, stored: true }, { waitedMs: 99.6 });
  expect(waited['X-Budget-Wait-Ms']).toBe('100');
});

test('no cache in between may keep an answer, and a browser only where that is wanted', () => {
  expect(headersOf({ cache: 'hit' })['Cache-Control']).toBe('no-store');
  expect(headersOf({ cache: 'hit' }, { browserCache: true })['Cache-Control']).toBe('private, no-cache');
});

test('answers vary by who asks, and by what they are asked for in', () => {
  expect(headersOf({ cache: 'hit' }).Vary).toBe('Authorization, X-API-Key, Accept, Accept-Encoding, Origin');
});
