import { describe, expect, test } from '@jest/globals';
import { preferredWaitMs } from '../../../src/http/prefer.ts';
import { type Allowance, rateLimitHeaders } from '../../../src/http/rate-limit-headers.ts';
import { headerObject } from '../../support/header-object.ts';

describe('Prefer', () => {
  test.each([
    ['wait=5', 5000],
    ['WAIT = 5', 5000],
    ['wait="5"', 5000],
    ['respond-async, wait=0', 0],
    ['wait=7, wait=9', 7000],
    ['wait=3; foo=bar', 3000],
    [['handling=lenient', 'wait=2'], 2000],
  ])('%j asks for a wait of %i ms', (prefer, waitMs) => {
    expect(preferredWaitMs(prefer)).toBe(waitMs);
  });

  test.each([undefined, '', 'wait', 'wait=', 'wait=-1', 'wait=1.5', 'wait=5s', 'await=5', 'wait=9999999'])(
    '%j asks for none',
    (prefer) => {
      expect(preferredWaitMs(prefer)).toBeUndefined();
    },
  );
});

describe('the RateLimit fields', () => {
  const headersOf = (given: Allowance) => headerObject(rateLimitHeaders(given, true));
  const allowance = { teamQuota: 3, upstreamQuota: 10, windowMs: 1000, remaining: 2, resetMs: 1000 };

  test('tell the share of the team, that of everybody, and what is left', () => {
    expect(headersOf(allowance)).toEqual({
      'RateLimit-Policy': '"team";q=3;w=1, "upstream";q=10;w=1',
      RateLimit: '"team";r=2;t=1',
    });
  });

  test('hold whole seconds, never none', () => {
    const { RateLimit } = headersOf({ ...allowance, remaining: 0, resetMs: 1200 });
    expect(RateLimit).toBe('"team";r=0;t=2');
    const soon = headersOf({ ...allowance, windowMs: 200, remaining: 0, resetMs: 3 });
    expect(soon).toEqual({
      'RateLimit-Policy': '"team";q=3;w=1, "upstream";q=10;w=1',
      RateLimit: '"team";r=0;t=1',
    });
  });
});
