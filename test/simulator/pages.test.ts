import { describe, expect, test } from '@jest/globals';
import { call, query, walk } from './support/call.ts';
import { useSimulator } from './support/simulator.ts';

const LOYALTY = '/indexes/idx-loyalty/profiles';
const SHOPPERS = '/indexes/idx-shoppers/profiles';
const simulator = useSimulator();

const list = (path: string, parameters: Record<string, string | number | boolean> = {}) =>
  call(simulator().dataUrl, path + query(parameters));
const steps = (path: string, limit: number) => walk(simulator().dataUrl, path, { limit });
const sizes = async (path: string, limit: number) =>
  (await steps(path, limit)).pages.map(({ data }) => data.length);

describe.each([
  ['absent', { 'page.last': 'absent' }, undefined],
  ['empty', { 'page.last': 'empty' }, ''],
  ['null', { 'page.last': 'null' }, null],
])('with page.last %s', (_name, knobs, last) => {
  test.each([
    [SHOPPERS, 1, 60, 60],
    [SHOPPERS, 25, 60, 3],
    [SHOPPERS, 30, 60, 2],
    [LOYALTY, 100, 10_000, 100],
    [LOYALTY, 1000, 10_000, 10],
  ])('a walk of %s at limit %i yields each id exactly once', async (path, limit, rows, pageCount) => {
    await simulator().knobs(knobs);
    const { ids, pages } = await steps(path, limit);
    expect([ids.length, new Set(ids).size, pages.length]).toEqual([rows, rows, pageCount]);
    expect(pages.at(-1)?.next_token).toBe(last);
    expect(Object.hasOwn(pages.at(-1) ?? {}, 'next_token')).toBe(last !== undefined);
    expect(pages.slice(0, -1).every(({ next_token }) => typeof next_token === 'string')).toBe(true);
  });
});

describe('the size of a page', () => {
  test('the members of a page come in the documented order', async () => {
    const page = (await list(SHOPPERS, { with_total: true })).json();
    expect(Object.keys(page)).toEqual(['total', 'next_token', 'data']);
  });

  test('page.default_limit holds where none is asked for', async () => {
    expect((await list(LOYALTY)).json().data).toHaveLength(25);
    await simulator().knobs({ 'page.default_limit': 7 });
    expect((await list(LOYALTY)).json().data).toHaveLength(7);
  });

  test('a limit above page.max_limit is cut, or 400', async () => {
    await simulator().knobs({ 'page.max_limit': 40, 'page.over_max': 'clamp' });
    expect((await list(LOYALTY, { limit: 41 })).json().data).toHaveLength(40);
    await simulator().knobs({ 'page.over_max': '400' });
    expect((await list(LOYALTY, { limit: 41 })).status).toBe(400);
    expect((await list(LOYALTY, { limit: 40 })).json().data).toHaveLength(40);
  });

  test.each(['0', '-1', 'ten', '', '1.5', ' 5', '99999999999999999999'])(
    'limit=%s is what page.bad_limit says',
    async (limit) => {
      await simulator().knobs({ 'page.bad_limit': '400' });
      expect((await list(LOYALTY, { limit })).status).toBe(400);
      await simulator().knobs({ 'page.bad_limit': 'default' });
      expect((await list(LOYALTY, { limit })).json().data).toHaveLength(25);
    },
  );

  test.each(['with_total=yes', 'with_total=', 'limit=5&limit=5', 'next_token=a&next_token=a', 'limit=%zz'])(
    '%s is 400',
    async (text) => {
      expect((await call(simulator().dataUrl, `${LOYALTY}?${text}`)).status).toBe(400);
    },
  );

  test('page.trailing_empty follows an exact multiple with an empty page', async () => {
    await simulator().knobs({ 'page.trailing_empty': false });
    expect(await sizes(SHOPPERS, 30)).toEqual([30, 30]);
    await simulator().knobs({ 'page.trailing_empty': true });
    expect(await sizes(SHOPPERS, 30)).toEqual([30, 30, 0]);
    expect(await sizes(SHOPPERS, 25)).toEqual([25, 25, 10]);
  });

  test('page.short_p makes pages short that still carry a token, and loses nothing', async () => {
    await simulator().knobs({ 'page.short_p': 1 });
    const { ids, pages } = await steps(SHOPPERS, 25);
    expect(new Set(ids).size).toBe(60);
    expect(ids).toHaveLength(60);
    expect(pages.filter(({ data }) => data.length < 25).length).toBeGreaterThan(2);
    await simulator().knobs({ 'page.short_p': 0.05 });
    const some = await sizes(LOYALTY, 100);
    const short = some.filter((size) => size < 100).length;
    expect(short).toBeGreaterThan(0);
    expect(short).toBeLessThan(25);
  });

  test('page.empty_p makes pages empty that still carry a token, and the walk ends', async () => {
    await simulator().knobs({ 'page.empty_p': 1 });
    expect(await sizes(SHOPPERS, 30)).toEqual([0, 30, 0, 30]);
    expect((await list(SHOPPERS, { limit: 30 })).text).toBe((await list(SHOPPERS, { limit: 30 })).text);
  });
});

describe('the total', () => {
  const total = async (path: string, parameters: Record<string, string | boolean>) =>
    (await list(path, parameters)).json().total;

  test('is sent only when asked for, and counts what the filters leave', async () => {
    expect(await total(LOYALTY, {})).toBeUndefined();
    expect(await total(LOYALTY, { with_total: false })).toBeUndefined();
    expect(await total(LOYALTY, { with_total: true })).toBe(10_000);
    expect(await total(LOYALTY, { with_total: true, 'filter[last_name]': 'Kulhman' })).toBe(4);
  });

  test('of profiles is honoured, never sent, or zero', async () => {
    await simulator().knobs({ 'total.profiles': 'never' });
    expect(await total(LOYALTY, { with_total: true })).toBeUndefined();
    await simulator().knobs({ 'total.profiles': 'zero' });
    expect(await total(LOYALTY, { with_total: true })).toBe(0);
    expect(await total('/indexes', { with_total: true })).toBe(2);
    await simulator().knobs({ 'total.profiles': 'honoured' });
    expect(await total(LOYALTY, { with_total: true })).toBe(10_000);
  });

  test('of indexes is honoured, never sent, or zero', async () => {
    await simulator().knobs({ 'total.indexes': 'never' });
    expect(await total('/indexes', { with_total: true })).toBeUndefined();
    await simulator().knobs({ 'total.indexes': 'zero' });
    expect(await total('/indexes', { with_total: true })).toBe(0);
    expect(await total(LOYALTY, { with_total: true })).toBe(10_000);
    await simulator().knobs({ 'total.indexes': 'honoured' });
    expect(await total('/indexes', { with_total: true })).toBe(2);
  });
});
