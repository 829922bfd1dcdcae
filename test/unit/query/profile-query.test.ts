import { describe, expect, test } from '@jest/globals';
import { type PageRequestInput, parsePageRequest } from '../../../src/query/profile-query.ts';
import { splitQuery } from '../../../src/query/query-string.ts';
import { problemsOf, refusalOf } from './refusal.ts';

const read = (rawQuery: string, more: Partial<PageRequestInput> = {}) =>
  parsePageRequest({ route: 'profiles', index: 'idx-loyalty', parameters: splitQuery(rawQuery), ...more });
const refused = (rawQuery: string) => problemsOf(() => read(rawQuery));
const filtersOf = (rawQuery: string) => read(rawQuery).filters;
const times = (count: number, make: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => make(n));

describe('a query', () => {
  test('without parameters is the plain first page', () => {
    expect(read('')).toEqual({ route: 'profiles', index: 'idx-loyalty', filters: [], withTotal: false });
  });

  test('of the documented clients is read in either spelling of its brackets', () => {
    const expected = {
      route: 'profiles',
      index: 'idx-loyalty',
      filters: [
        ['first_name', 'Daniel'],
        ['last_name', 'Kulhman'],
      ],
      limit: 100,
      withTotal: true,
    };
    expect(read('limit=100&with_total=true&filter[first_name]=Daniel&filter[last_name]=Kulhman')).toEqual(
      expected,
    );
    expect(
      read('filter%5Blast_name%5d=Kulhman&filter%5bfirst_name]=Dani%65l&with_total=true&limit=100'),
    ).toEqual(expected);
  });

  test('takes + and %20 as a space and %2B as a plus', () => {
    expect(filtersOf('filter[a]=x+y%20z%2Bw')).toEqual([['a', 'x y z+w']]);
  });

  test('keeps the bytes of a value: no trimming, no folding of case or Unicode', () => {
    expect(filtersOf('filter[a]=+A%CC%88%C3%84a+')).toEqual([['a', ' A\u0308\u00c4a ']]);
    expect(filtersOf('filter[a]=b=c&filter[b]=%5B%26%22')).toEqual([
      ['a', 'b=c'],
      ['b', '[&"'],
    ]);
  });

  test('carries an opaque next_token as it is', () => {
    expect(read('next_token=ABCd1_.~-%2B%2f/==').nextToken).toBe('ABCd1_.~-+//==');
  });
});

describe('the grammar accepts', () => {
  test.each([
    ['the smallest limit', 'limit=1'],
    ['the largest limit', 'limit=9999'],
    ['with_total=true', 'with_total=true'],
    ['with_total=false', 'with_total=false'],
    ['a next_token of 2048 characters', `next_token=${'a'.repeat(2048)}`],
    ['a value of 512 bytes', `filter[a]=${'x'.repeat(512)}`],
    ['a value of one byte', 'filter[a]=0'],
    ['an attribute of 64 characters', `filter[${'a'.repeat(64)}]=x`],
    ['ten filters', times(10, (n) => `filter[a${n}]=x`).join('&')],
    ['an attribute with dots and dashes', 'filter[_a.B-9]=x'],
  ])('%s', (_, rawQuery) => {
    expect(read(rawQuery).route).toBe('profiles');
  });
});

describe('the grammar refuses', () => {
  test.each([
    ['a second limit', 'limit=1&limit=2', 'limit: must be given only once'],
    ['a second limit in another spelling', 'limit=1&li%6Dit=1', 'limit: must be given only once'],
    ['a filter twice', 'filter[a]=x&filter%5Ba%5D=y', 'filter[a]: must be given only once'],
    ['filter[__proto__]', 'filter[__proto__]=x', 'parameter 1: is not a parameter of this path'],
    ['filter[constructor]', 'limit=1&filter[constructor]=x', 'parameter 2: is not a parameter of this path'],
    ['filter[prototype]', 'filter[prototype]=x', 'parameter 1: is not a parameter of this path'],
    [
      'nested brackets',
      'filter[constructor][prototype][p]=1',
      'parameter 1: is not a parameter of this path',
    ],
    ['a list of values', 'filter[a][]=1', 'parameter 1: is not a parameter of this path'],
    [
      'an attribute of 65 characters',
      `filter[${'a'.repeat(65)}]=x`,
      'parameter 1: is not a parameter of this path',
    ],
    ['an attribute that begins with a digit', 'filter[1a]=x', 'parameter 1: is not a parameter of this path'],
    ['an empty attribute', 'filter[]=x', 'parameter 1: is not a parameter of this path'],
    ['doubly encoded brackets', 'filter%255Ba%255D=x', 'parameter 1: is not a parameter of this path'],
    ['a name in another case', 'Limit=5', 'Limit: is not a parameter of this path'],
    ['an unknown name', 'offset=5', 'offset: is not a parameter of this path'],
    ['__proto__ as a name', '__proto__=5', 'parameter 1: is not a parameter of this path'],
    ['a credential', 'api_key=agw_live', 'api_key: is not a parameter of this path'],
    ['an empty next_token', 'next_token=', 'next_token: must be left out when there is no next page'],
    ['next_token=null', 'next_token=null', 'next_token: must be left out when there is no next page'],
    ['a bare next_token', 'next_token', 'next_token: must have a value after ='],
    [
      'a raw + in a next_token',
      'next_token=a+b',
      'next_token: must not contain a space; a + in it has to be sent as %2B',
    ],
    [
      '2049 characters of next_token',
      `next_token=${'a'.repeat(2049)}`,
      expect.stringMatching(/^next_token: /),
    ],
    [
      'a next_token outside its alphabet',
      'next_token=a%26b',
      expect.stringMatching(/^next_token: must be 1 to/),
    ],
    ['a bare filter', 'filter[a]', 'filter[a]: must have a value after ='],
    ['an empty filter value', 'filter[a]=', 'filter[a]: must not be empty'],
    ['513 bytes of value', `filter[a]=${'x'.repeat(513)}`, 'filter[a]: must be at most 512 bytes of UTF-8'],
    [
      '513 bytes in fewer characters',
      `filter[a]=${'%C3%BC'.repeat(257)}`,
      expect.stringMatching(/512 bytes/),
    ],
    ['with_total=1', 'with_total=1', 'with_total: must be true or false'],
    ['with_total=TRUE', 'with_total=TRUE', 'with_total: must be true or false'],
    ['a bare with_total', 'with_total', 'with_total: must have a value after ='],
    ['an empty name', '=x', 'parameter 1: has no name'],
    ['a doubled &', 'limit=1&&with_total=true', 'parameter 2: is empty: an & too many'],
    ['a trailing &', 'limit=1&', 'parameter 2: is empty: an & too many'],
    ['a leading &', '&limit=1', 'parameter 1: is empty: an & too many'],
    ['a name that is no UTF-8', 'filter[%ff]=x', 'parameter 1: has a name that is not well-formed'],
    ['a control in a name', 'limit%00=1', 'parameter 1: has a name that is not well-formed'],
  ])('%s', (_, rawQuery, problem) => {
    expect(refused(rawQuery)).toEqual([problem]);
  });

  test.each(['0', '01', '-1', '+1', '1.0', '1e3', '0x10', '10000', '%205', '5%20', '', 'null', '%D9%A1'])(
    'limit=%s',
    (value) => {
      expect(refused(`limit=${value}`)).toEqual(['limit: must be a whole number from 1 to 9999']);
    },
  );

  test.each([
    ['a lone %', '%'],
    ['a broken %', '%zz'],
    ['a cut %', 'x%2'],
    ['bytes that are no UTF-8', '%ff%fe'],
    ['a surrogate', '%ED%A0%80'],
    ['an overlong form', '%C0%AF'],
    ['bytes beyond Unicode', '%F4%90%80%80'],
    ['NUL', 'a%00b'],
    ['CR LF', 'a%0d%0ab'],
    ['a tab', '%09'],
    ['DEL', '%7f'],
    ['a C1 control', '%C2%9B'],
    ['a bare byte above 0x7E', 'M\u00c3\u00bcller'],
    ['a bare control', 'a\tb'],
    ['a fragment', 'a#b'],
  ])('%s in a value', (_, value) => {
    const reason = 'must be well-formed percent-encoded UTF-8 without control characters';
    expect(refused(`filter[a]=${value}`)).toEqual([`filter[a]: ${reason}`]);
    expect(refused(`next_token=${value}`)).toEqual([`next_token: ${reason}`]);
  });

  test('an eleventh filter', () => {
    expect(refused(times(11, (n) => `filter[a${n}]=x`).join('&'))).toEqual([
      'filter: must be given for at most 10 attributes',
    ]);
  });

  test('a 25th parameter and 1 100 of them, with one problem', () => {
    const problem = ['parameter 25: is one too many: at most 24 are allowed'];
    expect(refused(times(25, (n) => `p${n}=x`).join('&'))).toEqual(problem);
    expect(refused(times(1100, (n) => `filter[a${n}]=x`).join('&'))).toEqual(problem);
    expect(refused(times(24, (n) => `p${n}=x`).join('&'))).toHaveLength(24);
  });

  test('all problems of a request at once, those of its path included', () => {
    expect(
      problemsOf(() =>
        read('limit=0&ofset=1&filter[a]=%00&&limit=3', { route: 'profiles', index: 'no.index' }),
      ),
    ).toEqual([
      expect.stringMatching(/^index: /),
      expect.stringMatching(/^limit: must be a whole/),
      expect.stringMatching(/^ofset: /),
      expect.stringMatching(/^filter\[a\]: /),
      expect.stringMatching(/^parameter 4: /),
      'limit: must be given only once',
    ]);
  });
});

describe('a refusal', () => {
  const planted = 'Zq7Planted';
  test.each([
    `limit=${planted}`,
    `with_total=${planted}`,
    `next_token=${planted}%00`,
    `next_token=${planted}+x`,
    `filter[a]=${planted}%ff`,
    `filter[a]=${planted}${'x'.repeat(600)}`,
    `filter[a]=Tom&${planted}`,
    `filter[a=${planted}`,
    `filter[${planted}%00]=x`,
    `filter[${planted} x]=x`,
    `unknown=${planted}`,
    `${planted}`,
    `=${planted}`,
    `%zz${planted}=${planted}`,
    `filter[__proto__]=${planted}`,
  ])('never repeats a value: %s', (rawQuery) => {
    const error = refusalOf(() => read(rawQuery));
    expect(`${error.message} ${JSON.stringify(error)} ${JSON.stringify(error.info)}`).not.toContain(planted);
  });

  test('never repeats an id', () => {
    const error = refusalOf(() =>
      read('', { route: 'profile', index: `${planted}.`, profile: `${planted}\n` }),
    );
    expect(error.info.errors).toHaveLength(2);
    expect(`${error.message} ${JSON.stringify(error.info)}`).not.toContain(planted);
  });

  test('says in its sentence what its list says', () => {
    expect(refusalOf(() => read('limit=x&with_total=y')).message).toBe(
      'limit must be a whole number from 1 to 9999; with_total must be true or false.',
    );
  });
});

describe('a route takes only its own parameters', () => {
  const rest = {
    indexes: {},
    index: { index: 'i' },
    profiles: { index: 'i' },
    profile: { index: 'i', profile: 'p' },
  };
  test.each([
    ['indexes', ['limit', 'next_token', 'with_total']],
    ['index', []],
    ['profiles', ['limit', 'next_token', 'with_total', 'filter[a]']],
    ['profile', []],
  ] as const)('%s: %j', (route, allowed) => {
    const values = { limit: '5', next_token: 'abc', with_total: 'true', 'filter[a]': 'x' };
    for (const [name, value] of Object.entries(values)) {
      const ask = () =>
        parsePageRequest({ route, parameters: splitQuery(`${name}=${value}`), ...rest[route] });
      if ((allowed as readonly string[]).includes(name)) expect(ask().route).toBe(route);
      else expect(problemsOf(ask)).toEqual([`${name}: is not a parameter of this path`]);
    }
  });

  test('and exactly its own path segments', () => {
    const wrong: PageRequestInput[] = [
      { route: 'indexes', parameters: [], index: 'i' },
      { route: 'index', parameters: [] },
      { route: 'profiles', parameters: [], index: 'i', profile: 'p' },
      { route: 'profile', parameters: [], index: 'i' },
    ];
    for (const input of wrong) expect(refusalOf(() => parsePageRequest(input)).code).toBe('internal');
  });
});

describe('extra names of the configuration', () => {
  const extraQueryParams = ['fields', 'sort'];

  test('become part of the request, in one order whatever the order they were sent in', () => {
    const expected = {
      ...read('limit=5'),
      extras: [
        ['fields', 'a b'],
        ['sort', 'c'],
      ],
    };
    expect(read('sort=c&fields=a+b&limit=5', { extraQueryParams })).toEqual(expected);
    expect(read('fields=a%20b&limit=5&sort=c', { extraQueryParams })).toEqual(expected);
  });

  test.each(['fields', 'fields=', 'fields=%zz', 'fields=a&fields=b', `fields=${'x'.repeat(513)}`])(
    'obey the rules of filter values: %s',
    (rawQuery) => {
      expect(problemsOf(() => read(rawQuery, { extraQueryParams }))).toEqual([
        expect.stringMatching(/^fields: /),
      ]);
    },
  );

  test('are unknown, and so refused, where the configuration does not name them', () => {
    expect(problemsOf(() => read('fields=a'))).toHaveLength(1);
  });

  test('never switch off a parameter of ours', () => {
    const extraQueryParams = ['limit', 'filter[a]'];
    expect(read('limit=5&filter[a]=x', { extraQueryParams })).toEqual(read('limit=5&filter[a]=x'));
    expect(problemsOf(() => read('limit=0', { extraQueryParams }))).toHaveLength(1);
    expect(
      problemsOf(() =>
        parsePageRequest({ route: 'index', index: 'i', parameters: splitQuery('limit=5'), extraQueryParams }),
      ),
    ).toHaveLength(1);
  });

  test('count towards the 24', () => {
    expect(problemsOf(() => read(Array(25).fill('sort=a').join('&'), { extraQueryParams }))).toEqual([
      expect.stringMatching(/^parameter 25: /),
    ]);
  });
});

describe('the time it takes', () => {
  test('does not grow with parameters beyond the first one too many: they are not read', () => {
    expect(splitQuery('&'.repeat(1_000_000))).toHaveLength(25);
  });
});
