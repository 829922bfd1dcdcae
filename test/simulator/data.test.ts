import { describe, expect, test } from '@jest/globals';
import { spawnSimulator } from '../../simulator/client.ts';
import { call, type Profile, query, SANDBOX_HEADERS, walk } from './support/call.ts';
import { useSimulator } from './support/simulator.ts';

const LOYALTY = '/indexes/idx-loyalty/profiles';
const SHOPPERS = '/indexes/idx-shoppers/profiles';
const simulator = useSimulator();

const get = (path: string, headers = {}) => call(simulator().dataUrl, path, { headers });
const find = async (path: string, filters: Record<string, string>, headers = {}) =>
  (await get(path + query({ limit: 1000, ...filters }), headers)).json().data;
const everyRow = async (path: string) =>
  (await walk(simulator().dataUrl, path, { limit: 1000 })).pages.flatMap(({ data }) => data);
const attribute = (rows: readonly Profile[], name: string) => rows.map(({ attributes }) => attributes[name]);

describe('the people', () => {
  test('there is exactly one Daniel Kulhman per index and tenant, in a different city each time', async () => {
    const name = { 'filter[first_name]': 'Daniel', 'filter[last_name]': 'Kulhman' };
    const found: Profile[] = [];
    for (const path of [LOYALTY, SHOPPERS]) {
      for (const headers of [{}, SANDBOX_HEADERS]) {
        const daniels = await find(path, name, headers);
        expect(daniels).toHaveLength(1);
        found.push(...daniels);
      }
    }
    expect(new Set(attribute(found, 'city')).size).toBe(4);
  });

  test('idx-loyalty has 10,000 rows, at least 30 other Daniels and 3 other Kulhmans', async () => {
    const rows = await everyRow(LOYALTY);
    expect([rows.length, rows[0]?.id, rows.at(-1)?.id]).toEqual([10_000, 'm-00001', 'm-10000']);
    const named = (first: boolean, last: boolean) =>
      rows.filter(
        ({ attributes }) =>
          (attributes.first_name === 'Daniel') === first && (attributes.last_name === 'Kulhman') === last,
      ).length;
    expect(named(true, true)).toBe(1);
    expect(named(true, false)).toBeGreaterThanOrEqual(30);
    expect(named(false, true)).toBe(3);
    expect(await find(LOYALTY, { 'filter[first_name]': 'Daniel' })).toHaveLength(named(true, false) + 1);
    expect(await find(LOYALTY, { 'filter[last_name]': 'Kulhman' })).toHaveLength(4);
    expect(new Set(attribute(rows, 'city')).size).toBe(40);
    expect(new Set(attribute(rows, 'loyalty_tier'))).toEqual(
      new Set(['bronze', 'silver', 'gold', 'platinum']),
    );
    expect(new Set(attribute(rows, 'email')).size).toBe(10_000);
    const domains = new Set(attribute(rows, 'email').map((mail) => String(mail).split('@')[1]));
    expect(domains).toEqual(new Set(['example.com', 'example.net', 'example.org']));
  });

  test('the first rows of idx-loyalty are what data.planted wants them to be', async () => {
    const person = { first_name: 'Zoë', last_name: 'O"Quist', email: 'z@planted.example' };
    await simulator().knobs({
      'data.planted': [{ id: 'c-1', ...person }, { email: 'alone@planted.example' }],
    });
    const rows = (await get(`${LOYALTY}?limit=3`)).json().data;
    const [first] = rows;
    expect(first).toMatchObject({ id: 'c-1', attributes: person });
    expect(rows.map(({ id }) => id)).toEqual(['c-1', 'm-00002', 'm-00003']);
    expect(rows[1]?.attributes.email).toBe('alone@planted.example');
    expect(await find(LOYALTY, { 'filter[last_name]': 'O"Quist' })).toEqual([first]);
    expect((await get(`${LOYALTY}/c-1`)).json()).toEqual(first);
    expect((await get(`${LOYALTY}/m-00001`)).status).toBe(404);
    for (const wrong of [{}, [{ town: 'x' }], [{ id: 5 }], [{ id: '' }]]) {
      await expect(simulator().knobs({ 'data.planted': wrong })).rejects.toThrow('data.planted');
    }
  });

  test('a filter finds exactly the rows a full scan finds, for every filter field', async () => {
    const rows = await everyRow(LOYALTY);
    for (const field of ['first_name', 'last_name', 'email', 'loyalty_tier', 'city']) {
      const value = String(rows[1234]?.attributes[field]);
      const scanned = rows.filter(({ attributes }) => attributes[field] === value);
      const { ids } = await walk(simulator().dataUrl, LOYALTY, { limit: 1000, [`filter[${field}]`]: value });
      expect([field, ids]).toEqual([field, scanned.map(({ id }) => id)]);
    }
  });

  test('the same ids stand for different rows in the sandbox', async () => {
    const production = (await get(`${LOYALTY}?limit=100`)).json().data;
    const sandbox = (await get(`${LOYALTY}?limit=100`, SANDBOX_HEADERS)).json().data;
    expect(sandbox.map(({ id }) => id)).toEqual(production.map(({ id }) => id));
    for (const [place, row] of production.entries()) expect(sandbox[place]).not.toEqual(row);
  });
});

describe('the edge rows of idx-shoppers', () => {
  test('ids survive one path segment, byte for byte', async () => {
    const rows = await everyRow(SHOPPERS);
    const ids = rows.map(({ id }) => id);
    for (const character of ['/', ' ', '%', '+', 'ü']) {
      expect([character, ids.some((id) => id.includes(character))]).toEqual([character, true]);
    }
    expect(ids.filter((id) => id.endsWith(' '))).toEqual(['s-blank ']);
    expect(ids.filter((id) => id.toLowerCase() === 's-case')).toEqual(['s-Case', 's-case']);
    for (const row of rows) {
      const reply = await get(`${SHOPPERS}/${encodeURIComponent(row.id)}`);
      expect(reply.json()).toEqual(row);
    }
    expect((await get(`${SHOPPERS}/s-blank`)).status).toBe(404);
    expect((await get(`${SHOPPERS}/s-slash/inside`)).status).toBe(404);
    expect((await get(`${SHOPPERS}/s-%2F`)).status).toBe(404);
  });

  test.each([
    ['last_name', 'Smith & Sons'],
    ['last_name', 'a=b'],
    ['email', 'anna+news@example.com'],
    ['last_name', '100%'],
    ['last_name', '[x]'],
    ['last_name', 'Doe, Jane'],
    ['last_name', 'O"Neil'],
    ['last_name', "O'Neil"],
    ['last_name', 'Line\nBreak'],
    ['last_name', ''],
    ['first_name', ''],
    ['first_name', 'Ren\u00e9'],
    ['first_name', 'Rene\u0301'],
    ['first_name', '%5B%5D'],
  ])('filter[%s]=%j finds the one row that holds it', async (field, value) => {
    const found = await find(SHOPPERS, { [`filter[${field}]`]: value });
    expect(attribute(found, field)).toEqual([value]);
  });

  test('a filter value is compared with case and trailing blanks', async () => {
    expect(await find(SHOPPERS, { 'filter[last_name]': 'Blank ' })).toHaveLength(1);
    expect(await find(SHOPPERS, { 'filter[last_name]': 'Blank' })).toHaveLength(0);
    expect(
      await find(LOYALTY, { 'filter[first_name]': 'daniel', 'filter[last_name]': 'Kulhman' }),
    ).toHaveLength(0);
  });
});

describe('the form of a profile', () => {
  const profile = async (knobs: Record<string, unknown>, path = `${LOYALTY}/m-00007`) => {
    await simulator().knobs(knobs);
    return get(path);
  };
  const columns = async (knobs: Record<string, unknown>) =>
    Object.keys((await profile(knobs)).json<Profile>().attributes);

  test('data.columns cuts and pads, and keeps what can be filtered', async () => {
    const known = await columns({ 'data.columns': 14 });
    expect(known.slice(0, 5)).toEqual(['first_name', 'last_name', 'email', 'loyalty_tier', 'city']);
    expect(known.slice(5).join()).toBe(
      'loyalty_points,lifetime_value,country,birth_year,opted_in,preferred_store,last_purchase_at,created_at,updated_at',
    );
    expect(await columns({ 'data.columns': 5 })).toEqual(known.slice(0, 5));
    expect(await columns({ 'data.columns': 10 })).toEqual(known.slice(0, 10));
    const padded = await columns({ 'data.columns': 30 });
    expect([padded.length, padded.slice(0, 14)]).toEqual([30, known]);
  });

  test('data.shape is nested, or flat with attributes beside id and name', async () => {
    const nested = (await profile({ 'data.shape': 'nested' })).json<Profile>();
    expect(Object.keys(nested)).toEqual(['id', 'index_id', 'attributes']);
    const flat = (await profile({ 'data.shape': 'flat' })).json<Record<string, unknown>>();
    expect(flat).toMatchObject({ id: 'm-00007', ...nested.attributes });
    expect(flat.name).toBe(`${flat.first_name} ${flat.last_name}`);
  });

  test('data.types makes values texts, texts and nulls, or of several types', async () => {
    const kinds = async (knobs: Record<string, unknown>) => {
      await simulator().knobs({ 'data.columns': 30, ...knobs });
      const { data } = (await get(`${LOYALTY}?limit=30`)).json();
      const all = data.flatMap(({ attributes }) => Object.values(attributes));
      const names = all.map((one) => (one === null ? 'null' : Array.isArray(one) ? 'array' : typeof one));
      return [...new Set(names)].sort();
    };
    expect(await kinds({ 'data.types': 'strings' })).toEqual(['string']);
    expect(await kinds({ 'data.types': 'nulls' })).toEqual(['null', 'string']);
    const mixed = ['array', 'boolean', 'number', 'object', 'string'];
    expect(await kinds({ 'data.types': 'mixed' })).toEqual(mixed);
  });

  test('data.exotic adds what JSON.parse and JSON.stringify cannot carry', async () => {
    expect((await profile({ 'data.exotic': false })).text).not.toContain('x_unknown');
    const { text } = await profile({ 'data.exotic': true });
    expect(text).toContain('"account_number":9007199254740993,"score":1.0,"2024":"visits","__proto__":{');
    expect(text).toContain(',"x_unknown":{"10":[1.0,-0,1e2],"2":"\\u00e9"}}');
    const parsed = JSON.parse(text) as Profile;
    expect(JSON.stringify(parsed)).not.toBe(text);
    expect(Object.hasOwn(parsed.attributes, '__proto__')).toBe(true);
    const page = await get(`${LOYALTY}?limit=2`);
    expect(page.text).toContain('],"x_page":{"took":1.0,"serial":9007199254740993}}');
    expect(page.text.split('x_unknown')).toHaveLength(3);
    expect((await get('/indexes/idx-loyalty')).text).toContain('"x_unknown"');
    await simulator().knobs({ 'data.shape': 'flat' });
    expect((await get(`${LOYALTY}/m-00007`)).text).toContain('"2024":"visits","__proto__"');
  });
});

describe('the size of the data', () => {
  test('data.extra_indexes makes the list of indexes page', async () => {
    await simulator().knobs({ 'data.extra_indexes': 30 });
    const { ids, pages } = await walk(simulator().dataUrl, '/indexes', { with_total: true });
    expect([ids.length, new Set(ids).size, pages.length, pages[0]?.total]).toEqual([32, 32, 2, 32]);
    const extra = await find('/indexes/idx-extra-0030/profiles', { 'filter[last_name]': 'Kulhman' });
    expect(extra.map(({ attributes }) => attributes.first_name)).toContain('Daniel');
  });

  test('data.rows goes up to a million without holding them all', async () => {
    await simulator().knobs({ 'data.rows': 1_000_000 });
    const page = (
      await get(`${LOYALTY}${query({ limit: 1000, with_total: true, 'filter[city]': 'Berlin' })}`)
    ).json();
    expect(page.total).toBeGreaterThan(20_000);
    expect((await get(`${LOYALTY}/m-1000000`)).json<Profile>().id).toBe('m-1000000');
    expect(
      await find(LOYALTY, { 'filter[first_name]': 'Daniel', 'filter[last_name]': 'Kulhman' }),
    ).toHaveLength(1);
    const mail = String((await get(`${LOYALTY}/m-654321`)).json<Profile>().attributes.email);
    expect((await find(LOYALTY, { 'filter[email]': mail })).map(({ id }) => id)).toEqual(['m-654321']);
    await simulator().knobs({ 'data.rows': 10 });
    expect((await walk(simulator().dataUrl, LOYALTY, {})).ids).toHaveLength(10);
  });
});

describe('the seed', () => {
  const bytes = async () => {
    const paths = [
      LOYALTY,
      `${LOYALTY}?limit=500&with_total=true`,
      SHOPPERS,
      '/indexes',
      `${SHOPPERS}/s-Case`,
    ];
    const replies = await Promise.all(paths.map((path) => get(path)));
    return replies.map(({ body }) => body.toString('latin1')).join('\n');
  };

  test('the same one gives the same bytes, here, after a reset and in another process', async () => {
    const before = await bytes();
    expect(await bytes()).toBe(before);
    await simulator().rebuild({ tenant: 'acme', index: 'idx-loyalty' });
    expect(await bytes()).not.toBe(before);
    await simulator().reset();
    expect(await bytes()).toBe(before);
    const other = await spawnSimulator({ preset: 'test', 'rate.kind': 'off' });
    const page = await call(other.dataUrl, `${LOYALTY}?limit=500&with_total=true`);
    await other.stop();
    expect(before).toContain(page.body.toString('latin1'));
  });

  test('another one gives other people, and still one Daniel Kulhman', async () => {
    const before = await bytes();
    await simulator().knobs({ 'data.seed': 2 });
    expect(await bytes()).not.toBe(before);
    const name = { 'filter[first_name]': 'Daniel', 'filter[last_name]': 'Kulhman' };
    expect(await find(LOYALTY, name)).toHaveLength(1);
  });
});
