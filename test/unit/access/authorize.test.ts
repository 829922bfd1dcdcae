import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { authorize } from '../../../src/access/authorize.ts';
import type { Team } from '../../../src/access/team.ts';
import type { FilterRights, TeamRecord } from '../../../src/access/team-record.ts';
import type { PageRequest } from '../../../src/shared/page-request.ts';
import { pageRequests } from '../query/arbitraries.ts';
import { refusalOf } from '../query/refusal.ts';
import { teamWith } from './records.ts';

const SHOP: Partial<TeamRecord> = {
  indexes: ['ix-customers'],
  attributes: '*',
  filters: ['first_name', 'tier'],
};
const denied: Team = teamWith({});
const shop: Team = teamWith(SHOP);
const shopWith = (rights: Partial<TeamRecord>): Team => teamWith({ ...SHOP, ...rights });
const plain: PageRequest = {
  route: 'profiles',
  index: 'ix-customers',
  filters: [],
  limit: 10,
  withTotal: false,
};
const by = (...attributes: string[]) => ({
  ...plain,
  filters: attributes.map((name) => [name, 'Zq7'] as const),
});
const refusal = (team: Team, request: PageRequest) => refusalOf(() => authorize(team, request));

describe('the right indexes', () => {
  test.each<PageRequest>([
    plain,
    { route: 'index', index: 'ix-customers', filters: [], withTotal: false },
    { route: 'profile', index: 'ix-customers', profile: 'p', filters: [], withTotal: false },
  ])('opens the route $route of a listed index and of no other', (request) => {
    expect(authorize(shop, request)).toBe(request);
    const error = refusal(shop, { ...request, index: 'ix-hidden' });
    expect(error.code).toBe('forbidden_index');
    expect(error.message).toContain('right indexes');
    expect(error.message).not.toContain('ix-hidden');
  });

  test('tells an index by its exact name', () => {
    for (const index of ['IX-customers', 'ix-customer', 'ix-customers2', 'toString']) {
      expect(refusal(shop, { ...plain, index }).code).toBe('forbidden_index');
    }
  });

  test('opens the list of indexes to whoever may read one, and its total only to who may read all', () => {
    const list: PageRequest = { route: 'indexes', filters: [], limit: 10, withTotal: false };
    expect(authorize(shop, list)).toBe(list);
    expect(refusal(denied, list).code).toBe('forbidden_index');
    const counted = { ...list, withTotal: true };
    expect(authorize(shopWith({ indexes: ['*'], withTotal: true }), counted)).toBe(counted);
    const error = refusal(shopWith({ withTotal: true }), counted);
    expect(error.code).toBe('forbidden_total');
    expect(error.message).toContain("indexes: ['*']");
  });

  test('denies by default', () => {
    expect(refusal(denied, plain).code).toBe('forbidden_index');
  });
});

describe('the right filters', () => {
  test.each<[string, FilterRights]>([
    ["'*'", '*'],
    ['a list', ['tier', 'first_name']],
    ['a list of the index', { 'ix-customers': ['first_name', 'tier'], 'ix-other': [] }],
  ])('as %s lets its attributes through', (_, filters) => {
    const request = by('first_name', 'tier');
    expect(authorize(shopWith({ filters }), request)).toBe(request);
  });

  test.each<[string, FilterRights]>([
    ['nothing', []],
    ['a list without it', ['tier']],
    ['a list of another index', { 'ix-other': ['email'] }],
    ['no list at all', {}],
    ["a list that holds '*', which is no attribute", ['*']],
  ])('as %s refuses an attribute', (_, filters) => {
    expect(refusal(shopWith({ filters }), by('email')).code).toBe('forbidden_attribute');
  });

  test('finds no list under the names every object has', () => {
    const team = shopWith({ indexes: ['*'], filters: {} });
    for (const index of ['toString', 'constructor']) {
      expect(refusal(team, { ...by('length'), index }).code).toBe('forbidden_attribute');
    }
  });

  test('names every refused attribute and no value; hidden and unknown ones get the same words', () => {
    const error = refusal(shop, by('email', 'first_name', 'phone'));
    expect(error.message).toContain('email, phone');
    expect(error.message).not.toContain('first_name');
    expect(error.message).not.toContain('Zq7');
    const words = (attribute: string) => refusal(shop, by(attribute)).message.replace(attribute, '');
    expect(words('email')).toBe(words('no_such_attribute'));
  });
});

describe('filters of a team that is shown only some attributes', () => {
  const some = {
    ...SHOP,
    attributes: { 'ix-customers': { allow: ['tier'], mask: ['email'], maskAs: {} } },
    filters: ['tier', 'email', 'phone'],
  };

  test('are allowed on what is shown in clear, and not on what is masked or hidden, listed or not', () => {
    const request = by('tier');
    expect(authorize(shopWith(some), request)).toBe(request);
    for (const attribute of ['email', 'phone', 'other']) {
      expect(refusal(shopWith(some), by(attribute)).code).toBe('forbidden_attribute');
    }
  });

  test.each<[string, TeamRecord['filterOnly']]>([
    ['a list', ['email']],
    ['a list of the index', { 'ix-customers': ['email'] }],
  ])('are allowed on others by filterOnly as %s', (_, filterOnly) => {
    const request = by('email');
    expect(authorize(shopWith({ ...some, filterOnly }), request)).toBe(request);
    expect(refusal(shopWith({ ...some, filterOnly }), by('phone')).code).toBe('forbidden_attribute');
  });
});

describe('the rights maxFilters, maxLimit and withTotal', () => {
  test('allow exactly as many filters as they say', () => {
    const team = shopWith({ filters: '*', maxFilters: 2 });
    expect(authorize(team, by('a', 'b')).filters).toHaveLength(2);
    const error = refusal(team, by('a', 'b', 'c'));
    expect(error.code).toBe('forbidden_limit');
    expect(error.message).toContain('maxFilters');
  });

  test('allow exactly the limit they say', () => {
    expect(authorize(shop, { ...plain, limit: 100 }).limit).toBe(100);
    const error = refusal(shop, { ...plain, limit: 101 });
    expect(error.code).toBe('forbidden_limit');
    expect(error.message).toContain('maxLimit');
  });

  test.each<[number, number | undefined]>([
    [10, 10],
    [24, 24],
    [25, undefined],
    [100, undefined],
  ])('with maxLimit %i and no limit asked, send %j', (maxLimit, limit) => {
    const { limit: _, ...unlimited } = plain;
    const team = shopWith({ indexes: ['*'], maxLimit });
    expect(authorize(team, unlimited)).toEqual(limit === undefined ? unlimited : { ...unlimited, limit });
    expect(authorize(team, { route: 'indexes', filters: [], withTotal: false }).limit).toBe(limit);
    expect(
      authorize(team, { route: 'index', index: 'i', filters: [], withTotal: false }).limit,
    ).toBeUndefined();
  });

  test('keep the total for those who have the right to it', () => {
    const request = { ...plain, withTotal: true };
    expect(authorize(shopWith({ withTotal: true }), request)).toBe(request);
    const error = refusal(shop, request);
    expect(error.code).toBe('forbidden_total');
    expect(error.message).toContain('withTotal');
  });
});

const everything: Team = teamWith({
  indexes: ['*'],
  attributes: '*',
  filters: '*',
  withTotal: true,
  maxLimit: 9999,
  maxFilters: 10,
});

describe('minFilters', () => {
  const bound: Team = { ...shop, minFilters: 1 };

  test('refuses a list of profiles without a filter, and nothing else', () => {
    const error = refusal(bound, plain);
    expect([error.code, error.message]).toEqual(['forbidden_limit', expect.stringContaining('1 filter')]);
    for (const request of [
      by('tier'),
      { route: 'indexes', filters: [], limit: 5, withTotal: false } as const,
      { route: 'profile', index: 'ix-customers', profile: 'p', filters: [], withTotal: false } as const,
    ]) {
      expect(authorize(bound, request)).toBe(request);
    }
  });
});

describe('any request', () => {
  test('is allowed unchanged to a team with every right, and refused to a team without rights', () => {
    fc.assert(
      fc.property(pageRequests, (request) => {
        expect(authorize(everything, request)).toBe(request);
        expect(refusal(denied, request).code).toBe('forbidden_index');
      }),
    );
  });

  test('that is allowed stays within every right', () => {
    const limits = fc.record({ maxLimit: fc.integer({ min: 1, max: 9999 }), maxFilters: fc.nat(10) });
    const rights = fc.record({
      filters: fc.constantFrom<Team['filters']>('*', ['a', 'b'], { a: ['a'] }),
      withTotal: fc.boolean(),
    });
    fc.assert(
      fc.property(pageRequests, limits, rights, (request, numbers, flags) => {
        const team = teamWith({ indexes: ['a', 'b'], attributes: '*', ...numbers, ...flags });
        let allowed: PageRequest;
        try {
          allowed = authorize(team, request);
        } catch {
          return;
        }
        expect([undefined, 'a', 'b']).toContain(allowed.index);
        expect(allowed.filters).toBe(request.filters);
        expect(allowed.filters.length).toBeLessThanOrEqual(team.maxFilters);
        expect(allowed.withTotal && !team.withTotal).toBe(false);
        if (allowed.route === 'profiles') expect(allowed.limit ?? 25).toBeLessThanOrEqual(team.maxLimit);
      }),
      { numRuns: 1000 },
    );
  });
});
