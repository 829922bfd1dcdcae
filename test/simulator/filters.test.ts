import { describe, expect, test } from '@jest/globals';
import { call } from './support/call.ts';
import { useSimulator } from './support/simulator.ts';

const simulator = useSimulator();
const list = (queryText: string) =>
  call(simulator().dataUrl, `/indexes/idx-loyalty/profiles?with_total=true&${queryText}`);
const outcome = async (queryText: string) => {
  const reply = await list(queryText);
  return reply.status === 200 ? reply.json().total : reply.status;
};
const KULHMANS = 4;
const EVERYBODY = 10_000;

describe('filters', () => {
  test('all must match', async () => {
    expect(await outcome('filter[last_name]=Kulhman')).toBe(KULHMANS);
    expect(await outcome('filter[first_name]=Daniel&filter[last_name]=Kulhman')).toBe(1);
    expect(await outcome('filter[last_name]=Kulhman&filter[first_name]=Daniel')).toBe(1);
  });

  test.each(['birth_year', 'id', '', '__proto__', 'First_name'])(
    'filter[%s], which is no filter field, is what filter.unknown says',
    async (name) => {
      const asked = `filter[last_name]=Kulhman&filter[${name}]=1970`;
      await simulator().knobs({ 'filter.unknown': '400' });
      expect(await outcome(asked)).toBe(400);
      await simulator().knobs({ 'filter.unknown': 'ignore' });
      expect(await outcome(asked)).toBe(KULHMANS);
      await simulator().knobs({ 'filter.unknown': 'empty' });
      expect(await outcome(asked)).toBe(0);
    },
  );

  test('the same attribute twice is what filter.repeat says', async () => {
    const twice = 'filter[last_name]=Kulhman&filter[last_name]=Nobody';
    const reversed = 'filter[last_name]=Nobody&filter[last_name]=Kulhman';
    await simulator().knobs({ 'filter.repeat': '400' });
    expect([await outcome(twice), await outcome(reversed)]).toEqual([400, 400]);
    await simulator().knobs({ 'filter.repeat': 'last' });
    expect([await outcome(twice), await outcome(reversed)]).toEqual([0, KULHMANS]);
    await simulator().knobs({ 'filter.repeat': 'first' });
    expect([await outcome(twice), await outcome(reversed)]).toEqual([KULHMANS, 0]);
    await simulator().knobs({ 'filter.repeat': 'and' });
    expect([await outcome(twice), await outcome(reversed)]).toEqual([0, 0]);
    expect(await outcome('filter[last_name]=Kulhman&filter[last_name]=Kulhman')).toBe(KULHMANS);
  });

  test('nothing found is an empty list or 404', async () => {
    await simulator().knobs({ 'filter.no_match': 'empty' });
    expect((await list('filter[city]=Atlantis')).text).toBe('{"total":0,"data":[]}');
    await simulator().knobs({ 'filter.no_match': '404' });
    expect(await outcome('filter[city]=Atlantis')).toBe(404);
    expect(await outcome('filter[city]=Berlin')).toBeGreaterThan(0);
  });

  test('brackets are understood in the spellings query.brackets names, else they are an unknown parameter', async () => {
    const raw = 'filter[last_name]=Kulhman';
    const encoded = 'filter%5Blast_name%5d=Kulhman';
    const both = async () => [await outcome(raw), await outcome(encoded)];
    await simulator().knobs({ 'query.brackets': 'both' });
    expect(await both()).toEqual([KULHMANS, KULHMANS]);
    await simulator().knobs({ 'query.brackets': 'raw' });
    expect(await both()).toEqual([KULHMANS, EVERYBODY]);
    await simulator().knobs({ 'query.brackets': 'encoded' });
    expect(await both()).toEqual([EVERYBODY, KULHMANS]);
    await simulator().knobs({ 'query.unknown': '400' });
    expect(await both()).toEqual([400, KULHMANS]);
  });

  test('an unknown parameter is ignored or 400, on every route', async () => {
    const paths = ['/indexes', '/indexes/idx-loyalty', '/indexes/idx-loyalty/profiles/m-00001'];
    const statuses = () =>
      Promise.all(paths.map(async (path) => (await call(simulator().dataUrl, `${path}?sort=city`)).status));
    await simulator().knobs({ 'query.unknown': 'ignore' });
    expect([await outcome('sort=city'), ...(await statuses())]).toEqual([EVERYBODY, 200, 200, 200]);
    await simulator().knobs({ 'query.unknown': '400' });
    expect([await outcome('sort=city'), ...(await statuses())]).toEqual([400, 400, 400, 400]);
  });

  test('a space may be written + or %20, and a plus sign must be %2B', async () => {
    const shoppers = async (text: string) =>
      (await call(simulator().dataUrl, `/indexes/idx-shoppers/profiles?${text}`)).json().data.length;
    expect(await shoppers('filter[last_name]=Smith+%26+Sons')).toBe(1);
    expect(await shoppers('filter[last_name]=Smith%20%26%20Sons')).toBe(1);
    expect(await shoppers('filter[email]=anna%2Bnews@example.com')).toBe(1);
    expect(await shoppers('filter[email]=anna+news@example.com')).toBe(0);
  });
});
