import { describe, expect, test } from '@jest/globals';
import { accept, type Candidate, type Directives, NO_DIRECTIVES } from '../../../src/serve/acceptance.ts';

const FRESH: Candidate = { freshness: 'fresh', ageMs: 40_000, freshForMs: 20_000 };
const STALE: Candidate = { freshness: 'stale', ageMs: 70_000, freshForMs: -10_000 };
const FALLBACK: Candidate = { freshness: 'fallback', ageMs: 400_000, freshForMs: -340_000 };
const DEAD: Candidate = { freshness: 'dead', ageMs: 9e9, freshForMs: -9e9 };

type Row = [Partial<Directives>, string];

const check =
  (candidate: Candidate, mayRefuseFresh: boolean) =>
  (said: Partial<Directives>, expected: string): void => {
    expect(accept(candidate, { ...NO_DIRECTIVES, ...said }, mayRefuseFresh)).toBe(expected);
  };

describe('a fresh answer, for who may refuse one', () => {
  test.each<Row>([
    [{}, 'hit'],
    [{ noCache: true }, 'insist'],
    [{ maxAgeMs: 0 }, 'insist'],
    [{ maxAgeMs: 39_999 }, 'insist'],
    [{ maxAgeMs: 40_000 }, 'hit'],
    [{ minFreshMs: 20_000 }, 'hit'],
    [{ minFreshMs: 20_001 }, 'insist'],
    [{ maxStaleMs: 0 }, 'hit'],
  ])('%j: %s', check(FRESH, true));
});

describe('a fresh answer, for who may not', () => {
  test.each<Row>([
    [{ noCache: true }, 'hit'],
    [{ maxAgeMs: 0 }, 'hit'],
    [{ minFreshMs: 1e9 }, 'hit'],
  ])('%j: %s', check(FRESH, false));
});

describe('a stale answer', () => {
  test.each<Row>([
    [{}, 'stale'],
    [{ maxStaleMs: 10_000 }, 'stale'],
    [{ maxStaleMs: 9_999 }, 'insist'],
    [{ maxAgeMs: 60_000 }, 'insist'],
    // Who names an age wants no overdue one, however young.
    [{ maxAgeMs: 80_000 }, 'insist'],
    [{ minFreshMs: 0 }, 'insist'],
    [{ maxAgeMs: 80_000, maxStaleMs: 60_000 }, 'stale'],
    [{ maxAgeMs: 60_000, maxStaleMs: 60_000 }, 'insist'],
    [{ noCache: true, maxStaleMs: 1e9 }, 'insist'],
  ])('%j: %s', check(STALE, true));
});

describe('a stale answer, for who may not insist', () => {
  test.each<Row>([
    [{ noCache: true }, 'stale'],
    [{ maxStaleMs: 9_999 }, 'fetch'],
    [{ maxAgeMs: 0 }, 'fetch'],
  ])('%j: %s', check(STALE, false));
});

describe('one that is kept for failures', () => {
  test.each<Row>([
    [{}, 'fetch'],
    [{ maxStaleMs: 340_000 }, 'stale'],
    [{ maxStaleMs: 339_999 }, 'fetch'],
    [{ maxAgeMs: 100_000 }, 'fetch'],
  ])('%j: %s', check(FALLBACK, false));
});

test('without one a new one is fetched, whatever is said', () => {
  for (const said of [{}, { noCache: true }, { maxStaleMs: 1e12 }]) check(DEAD, true)(said, 'fetch');
});
