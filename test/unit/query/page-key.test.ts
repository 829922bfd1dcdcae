import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalText, canonicalTotalText } from '../../../src/query/canonical-text.ts';
import { PageKeys } from '../../../src/query/page-key.ts';
import { parsePageRequest } from '../../../src/query/profile-query.ts';
import { splitQuery } from '../../../src/query/query-string.ts';
import type { NamedKey } from '../../../src/shared/key-ring.ts';
import type { PageRequest } from '../../../src/shared/page-request.ts';
import { chooser, pageRequests, spell } from './arbitraries.ts';

const scope = { tenant: 'acme', apiVersion: '2025-07-31' };
const master = Buffer.alloc(32, 7);
const keys = new PageKeys(scope, master);
const base: PageRequest = {
  route: 'profiles',
  index: 'idx-loyalty',
  filters: [['first_name', 'Daniel']],
  limit: 25,
  nextToken: 'ABCd',
  withTotal: false,
};
const { limit: _limit, nextToken: _nextToken, ...firstPage } = base;

/** What a request means, said without the code under test: everything but the wish for a total. */
const meaning = ({ withTotal: _, ...rest }: PageRequest) =>
  JSON.stringify([rest.route, rest.index, rest.profile, rest.filters, rest.limit, rest.nextToken]);

describe('a page key', () => {
  test('is 43 characters of base64url that hold nothing of the query', () => {
    expect(keys.page(base)).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(keys.total(base)).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(keys.fingerprint(base)).toMatch(/^[A-Za-z0-9_-]{12}$/);
  });

  test('is the same in every process with the same master key, and another with another', () => {
    expect(new PageKeys(scope, Buffer.from(master)).page(base)).toBe(keys.page(base));
    expect(new PageKeys(scope, Buffer.alloc(32, 8)).page(base)).not.toBe(keys.page(base));
    expect(() => new PageKeys(scope, Buffer.alloc(31))).toThrow(RangeError);
  });

  test.each<[string, Partial<PageRequest> & { drop?: 'limit' | 'nextToken' }]>([
    ['route', { route: 'index' }],
    ['index', { index: 'idx-shoppers' }],
    ['profile id', { profile: 'm-1' }],
    ['filter value', { filters: [['first_name', 'daniel']] }],
    ['filter attribute', { filters: [['last_name', 'Daniel']] }],
    ['composed letter', { filters: [['first_name', 'Dani\u00e9l']] }],
    ['decomposed letter', { filters: [['first_name', 'Danie\u0301l']] }],
    ['number of filters', { filters: [] }],
    ['parameter of the configuration', { extras: [['fields', 'a']] }],
    ['filter told from such a parameter', { filters: [], extras: [['first_name', 'Daniel']] }],
    ['limit', { limit: 26 }],
    ['absence of limit', { drop: 'limit' }],
    ['next_token', { nextToken: 'ABCe' }],
    ['absence of next_token', { drop: 'nextToken' }],
  ])('changes with the %s', (_, { drop, ...change }) => {
    const changed = { ...base, ...change };
    if (drop !== undefined) delete changed[drop];
    expect(keys.page(changed)).not.toBe(keys.page(base));
    expect(keys.fingerprint(changed)).not.toBe(keys.fingerprint(base));
  });

  test('changes with tenant and api-version: a sandbox has the same URLs', () => {
    const others = [
      { ...scope, tenant: 'acme-sb-12345' },
      { ...scope, apiVersion: '2026-01-01' },
    ];
    for (const other of others) {
      expect(new PageKeys(other, master).page(base)).not.toBe(keys.page(base));
      expect(new PageKeys(other, master).total(base)).not.toBe(keys.total(base));
    }
  });

  test('does not change with with_total or the order in which filters are given', () => {
    const filters = [
      ['a', '1'],
      ['b', '2'],
    ] as const;
    const one = keys.page({ ...base, filters });
    expect(keys.page({ ...base, filters, withTotal: true })).toBe(one);
    expect(keys.page({ ...base, filters: [filters[1], filters[0]] })).toBe(one);
    expect(keys.total({ ...base, filters: [filters[1], filters[0]] })).toBe(keys.total({ ...base, filters }));
  });

  test('of 10 000 random queries never stands for two meanings', () => {
    const requests = fc.sample(pageRequests, { numRuns: 10_000, seed: 20250731 });
    const meanings = new Set(requests.map(meaning));
    expect(new Set(requests.map((request) => keys.page(request))).size).toBe(meanings.size);
    expect(new Set(requests.map((request) => canonicalText(scope, request))).size).toBe(meanings.size);
    expect(meanings.size).toBeGreaterThan(5_000);
  });

  test('is one for every spelling of one query', () => {
    const seeds = fc.array(fc.nat(1000), { minLength: 20, maxLength: 60 });
    fc.assert(
      fc.property(pageRequests, seeds, seeds, (request, one, other) => {
        const { route, index, profile } = request;
        const [first, second] = [one, other].map((choices) =>
          parsePageRequest({
            route,
            index,
            profile,
            parameters: splitQuery(spell(request, chooser(choices))),
          }),
        ) as [PageRequest, PageRequest];
        expect(first).toEqual(request);
        expect(second).toEqual(request);
        expect(keys.page(first)).toBe(keys.page(second));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('names by several keys', () => {
  const [k1, k2, k3] = ['k1', 'k2', 'k3'].map((kid, at) => ({ kid, key: Buffer.alloc(32, at + 1) })) as [
    NamedKey,
    NamedKey,
    NamedKey,
  ];
  const by = (...ring: NamedKey[]) => new PageKeys(scope, () => ring);
  const alone = ({ key }: NamedKey) => new PageKeys(scope, key);

  test('begin with the id of the first, and come from that key alone', () => {
    expect(by(k1, k2).page(base)).toBe(`k1:${alone(k1).page(base)}`);
    expect(by(k2, k1).page(base)).toBe(`k2:${alone(k2).page(base)}`);
    expect(by(k2, k1).total(base)).toBe(`k2:${alone(k2).total(base)}`);
    expect(by(k2, k1).fingerprint(base)).toBe(alone(k2).fingerprint(base));
  });

  test('are known by every other key too, in their order', () => {
    const keys = by(k2, k1, k3);
    expect(keys.olderPages(base)).toEqual([by(k1).page(base), by(k3).page(base)]);
    expect(keys.olderTotals(base)).toEqual([by(k1).total(base), by(k3).total(base)]);
    for (const single of [by(k1), alone(k1)]) {
      expect(single.olderPages(base)).toEqual([]);
      expect(single.olderTotals(base)).toEqual([]);
    }
  });

  test('follow the keys as they change', () => {
    let ring = [k1];
    const keys = new PageKeys(scope, () => ring);
    const before = keys.page(base);
    ring = [k2, k1];
    expect(keys.page(base)).toBe(by(k2).page(base));
    expect(keys.olderPages(base)).toEqual([before]);
    ring = [{ kid: 'k2', key: k3.key }];
    expect(keys.page(base)).toBe(`k2:${alone(k3).page(base)}`);
  });

  test('take keys of 32 bytes, and at least one', () => {
    expect(() => by(k1, { kid: 'short', key: Buffer.alloc(31) })).toThrow(RangeError);
    expect(() => by().page(base)).toThrow('no key');
  });
});

describe('a total key', () => {
  test('is one for all pages, page sizes and routes to them, and changes with index and filters', () => {
    expect(keys.total(firstPage)).toBe(keys.total(base));
    expect(keys.total({ ...base, index: 'other' })).not.toBe(keys.total(base));
    expect(keys.total({ ...base, filters: [] })).not.toBe(keys.total(base));
  });

  test('of 10 000 random queries is never a page key and never stands for two questions', () => {
    const requests = fc.sample(pageRequests, { numRuns: 10_000, seed: 7 });
    const questions = new Set(requests.map(({ index, filters }) => JSON.stringify([index, filters])));
    const totals = new Set(requests.map((request) => keys.total(request)));
    expect(totals.size).toBe(questions.size);
    for (const request of requests) expect(totals.has(keys.page(request))).toBe(false);
  });
});

describe('a fingerprint', () => {
  test('is not the beginning of a stored name', () => {
    expect(keys.page(base).startsWith(keys.fingerprint(base))).toBe(false);
  });
});

describe('the canonical text', () => {
  test('is pinned: changing it empties every store, so it takes a new format number', () => {
    expect(canonicalText(scope, base)).toBe(
      '23:amperity-gateway page 1,4:acme,10:2025-07-31,8:profiles,11:idx-loyalty,-,' +
        '1:1,10:first_name,6:Daniel,1:0,2:25,4:ABCd,',
    );
    expect(canonicalTotalText(scope, base)).toBe(
      '24:amperity-gateway total 1,4:acme,10:2025-07-31,11:idx-loyalty,1:1,10:first_name,6:Daniel,1:0,',
    );
  });
});
