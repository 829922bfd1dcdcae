import { expect, test } from '@jest/globals';
import { cacheDirectives } from '../../../src/http/cache-directives.ts';

const NONE = { noCache: false, onlyIfCached: false };
const EVER = Number.POSITIVE_INFINITY;

test.each<[string | undefined, object]>([
  [undefined, {}],
  ['', {}],
  ['no-cache', { noCache: true }],
  ['No-Cache', { noCache: true }],
  ['only-if-cached , max-stale=5', { onlyIfCached: true, maxStaleMs: 5000 }],
  ['max-age=0', { maxAgeMs: 0 }],
  ['max-age="60"', { maxAgeMs: 60_000 }],
  ['max-age=60, max-age=0', { maxAgeMs: 60_000 }],
  ['min-fresh=30', { minFreshMs: 30_000 }],
  ['max-stale', { maxStaleMs: EVER }],
  // What cannot be read counts for what is strictest.
  ['max-age', { maxAgeMs: 0 }],
  ['max-age=soon', { maxAgeMs: 0 }],
  ['max-age=-1', { maxAgeMs: 0 }],
  ['max-age=1.5', { maxAgeMs: 0 }],
  ['min-fresh=', { minFreshMs: EVER }],
  ['max-stale=x', { maxStaleMs: 0 }],
  // What is unknown counts for nothing, and a number too large for as much as there is.
  ['no-transform, no-store, stale-if-error=5, community="UCI"', {}],
  ['max-age=99999999999999999999', { maxAgeMs: 2 ** 31 * 1000 }],
])('%j', (header, said) => {
  expect(cacheDirectives(header)).toEqual({ ...NONE, ...said });
});
