import { setTimeout as pass } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { Catalogue } from '../../simulator/data/catalogue.ts';
import { defaultKnobs } from '../../simulator/knobs/knob-store.ts';
import { call, type Profile, query, walk } from './support/call.ts';
import { useSimulator } from './support/simulator.ts';

const PLACE = { tenant: 'acme', index: 'idx-loyalty' };
const LOYALTY = '/indexes/idx-loyalty/profiles';
const simulator = useSimulator({ 'cursor.on_rebuild': 'continue' });

const get = (path: string) => call(simulator().dataUrl, path);
const updatedAt = async () => (await get('/indexes/idx-loyalty')).json<{ updated_at: string }>().updated_at;

async function rows(): Promise<Map<string, string>> {
  const { pages } = await walk(simulator().dataUrl, LOYALTY, { limit: 1000 });
  return new Map(pages.flatMap(({ data }) => data.map((row) => [row.id, JSON.stringify(row)])));
}

function difference(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>) {
  const kept = [...before].filter(([id]) => after.has(id));
  return {
    removed: before.size - kept.length,
    added: after.size - kept.length,
    changed: kept.filter(([id, text]) => after.get(id) !== text).length,
  };
}

describe('a rebuild', () => {
  test('changes, adds and removes the share of rows that rebuild.delta says', async () => {
    const before = await rows();
    expect(await simulator().rebuild(PLACE)).toMatchObject({ generation: 1, state: 'ready' });
    const after = await rows();
    expect(difference(before, after)).toEqual({ removed: 100, added: 100, changed: expect.any(Number) });
    expect(difference(before, after).changed).toBeGreaterThan(90);
    expect([...after.keys()].at(-1)).toBe('m-10100');
    await simulator().knobs({ 'rebuild.delta': 0 });
    await simulator().rebuild(PLACE);
    expect(await rows()).toEqual(after);
    await simulator().knobs({ 'rebuild.delta': 1 });
    await simulator().rebuild(PLACE);
    expect(difference(after, await rows()).removed).toBe(10_000 - 4);
  });

  test('keeps Daniel Kulhman and is found by filters', async () => {
    await simulator().rebuild(PLACE);
    const tiers = ['bronze', 'silver', 'gold', 'platinum'].map(async (tier) => {
      const reply = await get(LOYALTY + query({ 'filter[loyalty_tier]': tier, with_total: true, limit: 1 }));
      return reply.json().total ?? 0;
    });
    expect((await Promise.all(tiers)).reduce((sum, total) => sum + total)).toBe(10_000);
    const named = { 'filter[first_name]': 'Daniel', 'filter[last_name]': 'Kulhman' };
    expect((await get(LOYALTY + query(named))).json().data).toHaveLength(1);
  });

  test('touches one index of one tenant only', async () => {
    const others = () => Promise.all(['/indexes/idx-shoppers', '/indexes/idx-shoppers/profiles'].map(get));
    const before = (await others()).map(({ text }) => text);
    await simulator().rebuild(PLACE);
    expect((await others()).map(({ text }) => text)).toEqual(before);
  });

  test('moves updated_at forward, or leaves it', async () => {
    const first = await updatedAt();
    await simulator().knobs({ 'rebuild.updated_at': 'moves' });
    await simulator().rebuild(PLACE);
    const second = await updatedAt();
    await simulator().rebuild(PLACE);
    const third = await updatedAt();
    expect(first < second && second < third).toBe(true);
    await simulator().knobs({ 'rebuild.updated_at': 'stays' });
    const before = await rows();
    await simulator().rebuild(PLACE);
    expect(await updatedAt()).toBe(third);
    expect(await rows()).not.toEqual(before);
  });

  test('takes rebuild.duration_ms, during which the index answers as rebuild.during says', async () => {
    await simulator().knobs({ 'rebuild.duration_ms': 400 });
    const before = await updatedAt();
    expect((await simulator().rebuild(PLACE)).state).toBe('building');
    const statuses = async () => {
      const paths = ['/indexes/idx-loyalty', LOYALTY, `${LOYALTY}/m-03000`];
      return Promise.all(paths.map(async (path) => (await get(path)).status));
    };
    await simulator().knobs({ 'rebuild.during': 'old' });
    expect(await statuses()).toEqual([200, 200, 200]);
    await simulator().knobs({ 'rebuild.during': '404' });
    expect(await statuses()).toEqual([404, 404, 404]);
    await simulator().knobs({ 'rebuild.during': '503' });
    expect(await statuses()).toEqual([503, 503, 503]);
    expect((await get('/indexes/idx-shoppers/profiles')).status).toBe(200);
    while ((await get(LOYALTY)).status === 503) await pass(20);
    expect((await updatedAt()) > before).toBe(true);
  });

  test('happens by itself every rebuild.every_ms', async () => {
    const before = await updatedAt();
    await simulator().knobs({ 'rebuild.every_ms': 50 });
    while ((await updatedAt()) === before) await pass(10);
    await simulator().knobs({ 'rebuild.every_ms': 0 });
    const stopped = await updatedAt();
    // Longer than one interval: nothing may happen any more.
    await pass(120);
    expect(await updatedAt()).toBe(stopped);
  });
});

describe('a walk across a rebuild', () => {
  const across = async () => {
    const before = await rows();
    const { ids } = await walk(simulator().dataUrl, LOYALTY, { limit: 1000 }, async (page) => {
      if (page === 5) await simulator().rebuild(PLACE);
    });
    const after = await rows();
    const surviving = [...before.keys()].filter((id) => after.has(id));
    return {
      duplicates: ids.length - new Set(ids).size,
      missing: surviving.filter((id) => !ids.includes(id)).length,
    };
  };

  test('sees every surviving row exactly once where rebuild.seam is clean', async () => {
    await simulator().knobs({ 'rebuild.seam': 'clean' });
    expect(await across()).toEqual({ duplicates: 0, missing: 0 });
  });

  test('sees duplicate and missing rows where rebuild.seam is overlap', async () => {
    await simulator().knobs({ 'rebuild.seam': 'overlap' });
    const { duplicates, missing } = await across();
    expect(duplicates).toBeGreaterThan(50);
    expect(missing).toBeGreaterThan(50);
    // The order is stable again within the new generation.
    const { ids } = await walk(simulator().dataUrl, LOYALTY, { limit: 1000 });
    expect([ids.length, new Set(ids).size]).toEqual([10_000, 10_000]);
  });
});

describe('single changes', () => {
  test('touch moves updated_at and nothing else', async () => {
    const [before, list] = [await updatedAt(), await get(LOYALTY)];
    const { updated_at } = await simulator().touch(PLACE);
    expect(updated_at > before).toBe(true);
    expect(await updatedAt()).toBe(updated_at);
    expect((await get(LOYALTY)).text).toBe(list.text);
  });

  test('updated_at moves forward even within one millisecond', () => {
    const table = new Catalogue(defaultKnobs()).find('acme', 'idx-shoppers');
    const moments = Array.from({ length: 100 }, () => {
      table?.touch();
      return table?.updatedAt ?? '';
    });
    expect(new Set(moments).size).toBe(100);
    expect([...moments].sort()).toEqual(moments);
  });

  test('an erased profile is gone from every answer and stays gone after a rebuild', async () => {
    const { attributes } = (await get(`${LOYALTY}/m-00020`)).json<Profile>();
    await simulator().erase({ ...PLACE, id: 'm-00020' });
    await simulator().rebuild(PLACE);
    expect((await get(`${LOYALTY}/m-00020`)).status).toBe(404);
    const mail = query({ 'filter[email]': String(attributes.email), with_total: true });
    expect((await get(LOYALTY + mail)).json()).toEqual({ total: 0, data: [] });
    expect((await rows()).has('m-00020')).toBe(false);
    await expect(simulator().erase({ ...PLACE, id: 'm-00020' })).rejects.toThrow('404');
  });

  test('an erasure does not make a walk under way skip a row', async () => {
    const { ids } = await walk(
      simulator().dataUrl,
      '/indexes/idx-shoppers/profiles',
      { limit: 10 },
      (page) =>
        page === 2
          ? simulator().erase({ tenant: 'acme', index: 'idx-shoppers', id: 's-001' })
          : Promise.resolve(),
    );
    expect([ids.length, new Set(ids).size]).toEqual([60, 60]);
  });

  test.each([
    ['/rebuild', { tenant: 'acme' }],
    ['/touch', { tenant: 'acme', index: 'idx-none' }],
    ['/erase', { tenant: 'acme', index: 'idx-loyalty' }],
    ['/rebuild', { tenant: 'acme', index: 'idx-loyalty', indx: 1 }],
    ['/knobs', { 'rate.limmit': 1 }],
  ])('%s with %j is 400', async (path, body) => {
    const method = path === '/knobs' ? 'PATCH' : 'POST';
    const reply = await call(simulator().controlUrl, path, { method, body: JSON.stringify(body) });
    expect(reply.status).toBe(400);
  });
});
