import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createApiKey } from '../../src/access/api-key.ts';
import { eventually } from '../support/eventually.ts';
import { json, type Reply } from '../support/http-get.ts';
import type { GatewayHandle } from '../support/spawn-gateway.ts';
import { stage } from '../support/stage.ts';

const LIST = '/api/indexes/idx-loyalty/profiles';
const DANIELS = `${LIST}?filter[first_name]=Daniel&limit=5`;
const EXPORT = '/exports/indexes/idx-loyalty/profiles';

const SHOP = {
  indexes: ['idx-loyalty'],
  attributes: {
    'idx-loyalty': {
      allow: ['first_name', 'city'],
      mask: ['email', 'created_at'],
      maskAs: { email: 'hmac' },
    },
  },
  filters: ['first_name'],
  filterOnly: ['last_name'],
  maxLimit: 1000,
  export: true,
};
const MASK_KEY = Buffer.alloc(32, 3).toString('base64');

const scene = stage({ preset: 'test', 'rate.kind': 'off', 'latency.preset': 'off' });
let gateway: GatewayHandle;

const start = (settings: Record<string, unknown> = {}, teams: Record<string, object> = {}) =>
  scene.start({
    settings: { budget: { rate: 1000 }, cache: { prefetch: { enabled: false } }, ...settings },
    teams: { all: {}, shop: SHOP, blind: { ...SHOP, attributes: {}, filters: [] }, ...teams } as Record<
      string,
      Record<string, unknown>
    >,
    env: { MASK_KEY },
    secrets: [MASK_KEY],
  });
beforeEach(async () => {
  gateway = await start();
});

interface Profile {
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
}
const profilesOf = (reply: Reply): Profile[] => json(reply).data as Profile[];
const namesIn = (profiles: readonly Profile[]) => [
  ...new Set(profiles.flatMap(({ attributes }) => Object.keys(attributes))),
];
const SHOWN = ['city', 'created_at', 'email', 'first_name'];
const shop = { team: 'shop' };
const cacheOf = ({ headers }: Reply) => String(headers['cache-status']);

describe('a team that is shown some attributes', () => {
  test('sees these alone, as they are or masked, in whatever way the answer comes', async () => {
    const miss = await gateway.get(DANIELS, shop);
    const hit = await gateway.get(DANIELS, shop);
    const whole = await gateway.get(DANIELS, { team: 'all' });
    expect([cacheOf(miss), cacheOf(hit), cacheOf(whole)]).toEqual([
      expect.stringContaining('uri-miss'),
      expect.stringContaining('; hit;'),
      expect.stringContaining('; hit;'),
    ]);
    expect(hit.body.equals(miss.body)).toBe(true);
    expect(namesIn(profilesOf(miss)).sort()).toEqual(SHOWN);
    for (const [at, { attributes, id }] of profilesOf(miss).entries()) {
      const full = profilesOf(whole)[at];
      expect(id).toBe(full?.id);
      expect(attributes.city).toBe(full?.attributes.city);
      expect(attributes.created_at).toBe(`****${full?.attributes.created_at?.slice(-4)}`);
      expect(attributes.email).toMatch(/^[\w-]{22}$/);
    }
    expect(Object.keys(json(miss)).sort()).toEqual(['data', 'next_token']);
    expect((await scene.simulator.summary()).requests).toBe(1);
  });

  test('and one that is shown everything, coming at once, share one call, and each sees its own', async () => {
    await scene.simulator.knobs({ 'latency.table': { 0: [300, 300] } });
    const teams = ['shop', 'all', 'blind', 'shop', 'all'];
    const path = `${LIST}?limit=7`;
    const replies = await Promise.all(teams.map((team) => gateway.get(path, { team })));
    expect((await scene.simulator.summary()).requests).toBe(1);
    expect(replies.map((reply) => namesIn(profilesOf(reply)).length)).toEqual([4, 14, 0, 4, 14]);
    expect(replies[1]?.body.equals(replies[4]?.body ?? Buffer.alloc(0))).toBe(true);
  });

  test('sees no more of a single profile, of a stale page or of an export', async () => {
    const one = json(await gateway.get(`${LIST}/m-00001`, shop)) as unknown as Profile;
    expect([one.id, Object.keys(one.attributes).sort()]).toEqual(['m-00001', SHOWN]);

    const ndjson = await gateway.get(`${EXPORT}.ndjson?filter[first_name]=Daniel`, shop);
    const lines = ndjson.body
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Profile);
    expect(lines.length).toBeGreaterThan(30);
    expect(namesIn(lines).sort()).toEqual(SHOWN);
    const csv = (await gateway.get(`${EXPORT}.csv?filter[first_name]=Daniel`, shop)).body.toString();
    expect(csv.split('\r\n', 1)[0]?.split(',').sort()).toEqual([...SHOWN, 'id', 'index_id'].sort());
    expect((await scene.simulator.summary()).requests).toBe(2);

    const brief = await start({ cache: { freshMs: 0, prefetch: { enabled: false } } });
    await brief.get(DANIELS, { team: 'all' });
    const stale = await brief.get(DANIELS, shop);
    expect(cacheOf(stale)).toContain('stale-while-revalidate');
    expect(namesIn(profilesOf(stale)).sort()).toEqual(SHOWN);
  });

  test('has a validator of its own, which is not that of the whole page', async () => {
    const cached = await start({ cache: { browserCache: true } });
    const whole = (await cached.get(DANIELS, { team: 'all' })).headers.etag ?? '';
    const own = (await cached.get(DANIELS, shop)).headers.etag ?? '';
    expect(own).not.toBe(whole);
    const ask = (etag: string) => cached.get(DANIELS, { ...shop, headers: { 'if-none-match': etag } });
    expect((await ask(own)).status).toBe(304);
    expect((await ask(whole)).status).toBe(200);
  });

  test('sees nothing of profiles but their ids when no attribute is listed', async () => {
    const reply = await gateway.get(`${LIST}?limit=3`, { team: 'blind' });
    for (const profile of profilesOf(reply)) {
      expect(profile).toEqual({ id: expect.any(String), index_id: 'idx-loyalty', attributes: {} });
    }
  });

  test('gets the total where it may, in front of what it sees', async () => {
    const counting = await start({}, { counting: { ...SHOP, withTotal: true } });
    const team = { team: 'counting' };
    const [first, again] = [
      await counting.get(`${DANIELS}&with_total=true`, team),
      await counting.get(`${DANIELS}&with_total=true`, team),
    ];
    expect(Object.keys(json(first))).toEqual(['total', 'next_token', 'data']);
    expect(again.body.equals(first.body)).toBe(true);
    expect(again.headers.etag).toBe(first.headers.etag);
  });
});

describe('filters', () => {
  test.each([
    ['a masked attribute', 'email'],
    ['a hidden one', 'loyalty_tier'],
    ['one that is not there', 'nothing'],
  ])('by %s are refused before the cache or Amperity is asked', async (_, attribute) => {
    const path = `${LIST}?filter[${attribute}]=x`;
    const reply = await gateway.get(path, shop);
    expect([reply.status, json(reply).code]).toEqual([403, 'forbidden_attribute']);
    expect((await scene.simulator.summary()).requests).toBe(0);
  });

  test('by what is listed under filterOnly find profiles and do not show it', async () => {
    const reply = await gateway.get(`${LIST}?filter[last_name]=Kulhman&limit=5`, shop);
    expect(reply.status).toBe(200);
    expect(profilesOf(reply).length).toBeGreaterThan(0);
    expect(reply.body.toString()).not.toContain('Kulhman');
  });
});

test('a team shown everything gets the bytes of Amperity, one by one', async () => {
  const reply = await gateway.get(DANIELS, { team: 'all' });
  const direct = await fetch(
    `${scene.simulator.dataUrl}/indexes/idx-loyalty/profiles?filter[first_name]=Daniel&limit=5`,
    {
      headers: { authorization: 'Bearer sim-token', 'amperity-tenant': 'acme', 'api-version': '2025-07-31' },
    },
  );
  // Cursors differ from call to call.
  const comparable = (text: string) => text.replace(/"next_token":"[^"]*"/, '');
  expect(comparable(reply.body.toString())).toBe(comparable(await direct.text()));
});

test('where a team is not to know what others ask, its answers do not say where they came from', async () => {
  const quiet = await start({}, { quiet: { ...SHOP, revealCache: false } });
  await quiet.get(DANIELS, { team: 'all' });
  const { headers } = await quiet.get(DANIELS, { team: 'quiet' });
  expect([headers['cache-status'], headers.age, headers['x-budget-wait-ms']]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect([headers.ratelimit, headers['ratelimit-policy']]).toEqual([undefined, expect.any(String)]);
});

test('a browser key reaches as far as its team and its policy both do', async () => {
  const { key, id, sha256 } = createApiKey({ label: 'test' });
  const notAfter = new Date(Date.now() + 86_400_000).toISOString();
  const policy = { attributes: { 'idx-loyalty': { allow: ['first_name', 'last_name', 'email'] } } };
  const page = { id, sha256, notAfter, kind: 'browser', origins: ['https://app.example'], policy };
  const target = await start({}, { web: { ...SHOP, keys: [page] } });
  const ask = (path: string) =>
    target.ask(path, { headers: { 'x-api-key': key, origin: 'https://app.example' } });

  const reply = await ask(DANIELS);
  expect(reply.headers['access-control-allow-origin']).toBe('https://app.example');
  expect(namesIn(profilesOf(reply)).sort()).toEqual(['email', 'first_name']);
  expect(profilesOf(reply)[0]?.attributes.email).toMatch(/^[\w-]{22}$/);
  const codes = [LIST, `${DANIELS}0`, `${DANIELS}&with_total=true`, `${EXPORT}.csv?filter[first_name]=A`];
  const refused: unknown[] = [];
  for (const path of codes) refused.push(json(await ask(path)).code);
  expect(refused).toEqual(['forbidden_limit', 'forbidden_limit', 'forbidden_total', 'forbidden_scope']);
});

test('signed cursors lead on from page to page, and serve no other question', async () => {
  const signing = await start({ cursors: { sign: true } });
  const first = await signing.get(DANIELS, shop);
  const cursor = json(first).next_token as string;
  expect(cursor).toMatch(/~[\w-]{22}$/);
  const walked = (path: string, of = signing) =>
    of.get(`${path}&next_token=${encodeURIComponent(cursor)}`, { team: 'all' });
  const second = await walked(DANIELS);
  expect(second.status).toBe(200);
  expect(profilesOf(second)[0]?.id).not.toBe(profilesOf(first)[0]?.id);
  const before = (await scene.simulator.summary()).requests;
  for (const path of [`${LIST}?limit=5`, DANIELS.replace('Daniel', 'Anna')]) {
    const reply = await walked(path);
    expect([reply.status, json(reply).code]).toEqual([400, 'invalid_parameter']);
  }
  const own = cursor.slice(0, cursor.lastIndexOf('~'));
  expect((await signing.get(`${DANIELS}&next_token=${encodeURIComponent(own)}`)).status).toBe(400);
  expect((await scene.simulator.summary()).requests).toBe(before);
  const lines = (
    await signing.get(`${EXPORT}.ndjson?filter[first_name]=Daniel&limit=10`, shop)
  ).body.toString();
  expect(lines.trim().split('\n').length).toBeGreaterThan(30);
});

test('where no more is stored than somebody is shown, masks, filters and totals work as before', async () => {
  const lean = await scene.start({
    settings: { budget: { rate: 1000 }, cache: { minimise: true, prefetch: { enabled: false } } },
    teams: {
      shop: { ...SHOP, withTotal: true },
      other: { ...SHOP, attributes: { 'idx-loyalty': { allow: ['country'] } }, filters: [] },
    },
    env: { MASK_KEY },
    teamsFile: true,
  });
  const counted = `${DANIELS}&with_total=true`;
  const first = await lean.get(counted, shop);
  expect(namesIn(profilesOf(first)).sort()).toEqual(SHOWN);
  expect((await lean.get(counted, shop)).body.equals(first.body)).toBe(true);
  const page = `${LIST}?limit=5`;
  for (const [team, names] of [
    ['shop', SHOWN],
    ['other', ['country']],
  ] as const) {
    expect(namesIn(profilesOf(await lean.get(page, { team }))).sort()).toEqual(names);
  }
  const before = (await scene.simulator.summary()).requests;
  // Whoever is shown more by now is not answered from what was stored before.
  const { shop: rights, other } = lean.teams as Record<string, object>;
  lean.writeTeams({ shop: rights, other: { ...other, attributes: '*', filters: '*' } });
  await eventually('the wider view', async () =>
    namesIn(profilesOf(await lean.get(page, { team: 'other' }))).includes('last_name'),
  );
  expect((await scene.simulator.summary()).requests).toBeGreaterThan(before);
});

describe('a mask key in a file that changes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mask-key-'));
  const path = join(folder, 'mask-key');
  afterAll(() => rmSync(folder, { recursive: true }));
  const write = (key: string): void => {
    writeFileSync(`${path}.new`, `${key}\n`);
    renameSync(`${path}.new`, path);
  };

  test('masks from then on, also what lies ready by the old one; one that is none leaves the last', async () => {
    const next = Buffer.alloc(32, 4).toString('base64');
    write(MASK_KEY);
    const files = { MASK_KEY_FILE: path };
    const following = await scene.start({
      settings: { budget: { rate: 1000 }, cache: { browserCache: true, prefetch: { enabled: false } } },
      teams: { shop: SHOP },
      env: files,
      secrets: [MASK_KEY, next],
    });
    const ask = (of: GatewayHandle, headers = {}) => of.get(DANIELS, { ...shop, headers });
    const emails = (reply: Reply) => profilesOf(reply).map(({ attributes }) => attributes.email);
    const before = await ask(following);
    expect(emails(await ask(following))).toEqual(emails(before));

    write(next);
    await eventually('the new key', async () => {
      const [email] = emails(await ask(following));
      return email !== emails(before)[0];
    });
    const after = await ask(following);
    expect(cacheOf(after)).toContain('; hit;');
    expect(emails(after)).toEqual(
      emails(await ask(await scene.start({ teams: { shop: SHOP }, env: files }))),
    );
    const known = await ask(following, { 'if-none-match': before.headers.etag ?? '' });
    expect([known.status, emails(known)]).toEqual([200, emails(after)]);

    write('none');
    await eventually('a look at it', async () =>
      /secret="mask_key",outcome="invalid"} 1$/m.test(String((await following.admin('/metrics')).body)),
    );
    expect(emails(await ask(following))).toEqual(emails(after));
  });
});
