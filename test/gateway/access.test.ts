import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { type TestRedis, testRedis } from '../support/find-redis.ts';
import { type GetOptions, json, type Reply } from '../support/http-get.ts';
import { TestIssuer } from '../support/issuer.ts';
import type { GatewayHandle, GatewayOptions } from '../support/spawn-gateway.ts';
import { stage } from '../support/stage.ts';

const LIST = '/api/indexes/idx-loyalty/profiles';
const PAGE = `${LIST}?limit=5`;
const SETTINGS = { budget: { rate: 1000 }, cache: { prefetch: { enabled: false } } };

const scene = stage({ preset: 'test', 'rate.kind': 'off' });
const start = (options: GatewayOptions = {}): Promise<GatewayHandle> =>
  scene.start({ ...options, settings: { ...SETTINGS, ...options.settings } });

const codeOf = (reply: Reply): unknown => [reply.status, json(reply).code];
/** Lines about such events, once there are so many: they come by another way than answers do. */
const auditOf = (gateway: GatewayHandle, event: string, count = 1) =>
  eventually('the lines', () => {
    const lines = gateway.logged('audit').map(({ audit }) => audit as Record<string, unknown>);
    const wanted = lines.filter((line) => line.event === event);
    return wanted.length >= count ? wanted : undefined;
  });

describe('the file of teams', () => {
  test.each<[string, unknown, RegExp]>([
    ['a wrong value', { web: { indexes: ['*'], maxLimit: 'cAnArY' } }, /teams\.web\.maxLimit: .*integer/],
    [
      'an unknown right',
      { web: { indexs: ['*'] } },
      /teams\.web\.indexs: is not a setting; did you mean indexes/,
    ],
    ['what is no YAML', 'teams: {web: [', /line \d+: /],
    ['nothing at all', '', /teams: is missing/],
  ])('that holds %s leaves the teams as they were, and says why', async (_, teams, problem) => {
    const gateway = await start({ teamsFile: true });
    gateway.writeTeams(teams);
    const line = await eventually('the problem', () => gateway.logged('teams stay as they were')[0], 2000);
    expect(line.setting).toMatch(problem);
    expect((await gateway.get(PAGE)).status).toBe(200);
    const { body } = await gateway.admin('/metrics');
    expect(String(body)).toContain('gateway_policy_reloads_total{outcome="invalid"} 1');
  });

  test('ends an export whose key it revokes, visibly', async () => {
    const gateway = await start({ teamsFile: true, teams: { web: { export: true } } });
    await scene.simulator.knobs({ 'latency.preset': '100m' });
    const going = gateway.get('/exports/indexes/idx-loyalty/profiles.ndjson?limit=20');
    await eventually('the first pages', async () => (await scene.simulator.summary()).requests > 3);
    const { web } = gateway.teams as Record<string, { keys: object[] }>;
    gateway.writeTeams({ web: { ...web, keys: web?.keys.map((key) => ({ ...key, state: 'revoked' })) } });
    const lines = (await going).body.toString().trim().split('\n');
    expect(lines.length).toBeLessThan(10_000);
    expect(JSON.parse(lines.at(-1) ?? '{}')).toMatchObject({ error: { code: 'unauthenticated' } });
  });
});

describe('revoking by hand', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await testRedis();
  });
  afterAll(() => redis.stop());
  const _CACHE_KEYS = `k1:${Buffer.alloc(32, 9).toString('base64')}`;
  const TEAMS = { web: {}, ops: { scopes: ['keys:revoke'] } };
  const revoke = (gateway: GatewayHandle, body: unknown, team = 'ops') =>
    gateway.admin('/revoke', {
      method: 'POST',
      headers: { 'x-api-key': gateway.key(team), 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const idOf = (key: string): string => key.split('_')[2] ?? '';

  test('needs the scope, and a key that there is', async () => {
    const gateway = await start({ teams: TEAMS });
    const web = gateway.key('web');
    expect(codeOf(await revoke(gateway, { key: idOf(web) }, 'web'))).toEqual([403, 'forbidden_scope']);
    expect(await auditOf(gateway, 'revoke')).toEqual([
      expect.objectContaining({ team: 'web', outcome: 'refused' }),
    ]);
    expect(codeOf(await revoke(gateway, { key: 'nobody99' }))).toEqual([404, 'not_found']);
    for (const body of [{ key: web }, { key: 5 }, {}, [], { key: idOf(web), more: 1 }, '{"key":']) {
      const reply = await revoke(gateway, body);
      expect(codeOf(reply)).toEqual([400, 'invalid_parameter']);
    }
    expect((await gateway.get(PAGE)).status).toBe(200);
    expect(codeOf(await gateway.get('/revoke', { method: 'POST' }))).toEqual([404, 'not_found']);
  });
});

describe('tokens', () => {
  let issuer: TestIssuer;
  beforeAll(async () => {
    issuer = await TestIssuer.start({ algorithms: ['ES256'] });
  });
  afterAll(() => issuer.close());
  afterEach(() => {
    issuer.trouble = 'none';
  });
  const claims = (more: object = {}) => ({
    iss: issuer.url,
    aud: 'gateway',
    sub: 'system:serviceaccount:shop:web',
    exp: Math.floor(Date.now() / 1000) + 300,
    ...more,
  });
  const sign = (of: object): string => issuer.sign({ ...of }, { alg: 'ES256' });
  const startWith = (modes: string[] = ['jwt', 'apiKey']) =>
    start({
      settings: { auth: { modes, jwt: [{ issuer: issuer.url, audience: 'gateway' }] } },
      teams: {
        shop: {
          jwt: [{ issuer: issuer.url, claims: { sub: 'system:serviceaccount:shop:web' } }],
          maxLimit: 7,
        },
      },
    });
  const ask = (gateway: GatewayHandle, token: string, options: GetOptions = {}) =>
    gateway.ask(PAGE, { ...options, headers: { authorization: `Bearer ${token}`, ...options.headers } });

  test('let in as the team whose rule they fit, beside keys', async () => {
    const gateway = await startWith();
    expect((await ask(gateway, sign(claims()))).status).toBe(200);
    expect((await gateway.get(PAGE)).status).toBe(200);
    const tooMany = await gateway.ask(`${LIST}?limit=8`, {
      headers: { authorization: `Bearer ${sign(claims())}` },
    });
    expect(codeOf(tooMany)).toEqual([403, 'forbidden_limit']);
    const line = await eventually('its line', () => gateway.logged('request')[0]);
    expect(line).toMatchObject({ team: 'shop', keyId: 'jwt' });
  });

  test('of somebody unknown are good and nobody’s; bad ones are 401; both leave a line', async () => {
    const gateway = await startWith();
    const stranger = await ask(gateway, sign(claims({ sub: 'cAnArY' })));
    expect(codeOf(stranger)).toEqual([403, 'unknown_subject']);
    const past = Math.floor(Date.now() / 1000) - 3600;
    const expired = await ask(gateway, sign(claims({ exp: past })));
    expect(codeOf(expired)).toEqual([401, 'unauthenticated']);
    expect(expired.headers['www-authenticate']).toBe('Bearer realm="amperity-gateway"');
    expect(await auditOf(gateway, 'login_refused', 2)).toEqual([
      expect.objectContaining({ cause: 'unknown_subject', issuer: issuer.url, address: '127.0.0.1' }),
      expect.objectContaining({ cause: 'token_expired', issuer: issuer.url }),
    ]);
    expect(gateway.output.join('')).not.toContain('cAnArY');
  });

  test('work through an outage of their issuer, once its keys are known; before that nobody is told they are bad', async () => {
    const gateway = await startWith();
    issuer.trouble = 'down';
    expect(codeOf(await ask(gateway, sign(claims())))).toEqual([503, 'unavailable']);
    issuer.trouble = 'none';
    const known = await startWith();
    expect((await ask(known, sign(claims()))).status).toBe(200);
    issuer.trouble = 'down';
    expect((await ask(known, sign(claims({ jti: 'another' })))).status).toBe(200);
  });

  test('are refused where only keys are let in, and keys where only tokens are', async () => {
    const onlyTokens = await startWith(['jwt']);
    expect(codeOf(await onlyTokens.get(PAGE))).toEqual([401, 'unauthenticated']);
    const onlyKeys = await start();
    expect(codeOf(await ask(onlyKeys, sign(claims())))).toEqual([401, 'unauthenticated']);
  });
});

describe('refused credentials', () => {
  const forged = 'agw_test_AAAAAAAAAA_0000000000000000000000000000000000000000000_000000';
  const fail = (gateway: GatewayHandle, headers: Record<string, string> = {}) =>
    gateway.ask(PAGE, { headers: { 'x-api-key': forged, ...headers } });

  test('from one address are looked at 30 times a minute; who was let in before still is', async () => {
    const gateway = await start({ teams: { web: {}, late: {} } });
    expect((await gateway.get(PAGE)).status).toBe(200);
    for (let at = 0; at < 30; at += 1) expect((await fail(gateway)).status).toBe(401);
    const reply = await fail(gateway);
    expect(codeOf(reply)).toEqual([429, 'auth_throttled']);
    expect(Number(reply.headers['retry-after'])).toBeGreaterThan(50);
    expect((await gateway.get(PAGE)).status).toBe(200);
    expect((await gateway.get(PAGE, { team: 'late' })).status).toBe(429);
    expect(await auditOf(gateway, 'login_throttled')).toEqual([
      { event: 'login_throttled', address: '127.0.0.1' },
    ]);
  });

  test('count for the client behind a proxy that is trusted, and for the proxy where it is not', async () => {
    const trusting = await start({ settings: { http: { trustProxy: ['127.0.0.0/8'] } } });
    const from = (client: string) => ({ 'x-forwarded-for': `spoofed, ${client}` });
    for (let at = 0; at < 30; at += 1) await fail(trusting, from('192.0.2.1'));
    expect((await fail(trusting, from('192.0.2.1'))).status).toBe(429);
    expect((await fail(trusting, from('192.0.2.2'))).status).toBe(401);
    const plain = await start();
    for (let at = 0; at < 30; at += 1) await fail(plain, from(`192.0.2.${at}`));
    expect((await fail(plain, from('192.0.2.99'))).status).toBe(429);
  });
});

describe('profiles of the day', () => {
  test('are counted as they are delivered, from the cache or not, and end at what the team may have', async () => {
    const gateway = await start({ teams: { web: { profilesPerDay: 12, export: true } } });
    for (let time = 0; time < 2; time += 1) expect((await gateway.get(PAGE)).status).toBe(200);
    const reply = await gateway.get(PAGE);
    expect(codeOf(reply)).toEqual([429, 'profile_quota']);
    expect(json(reply).detail).toContain('2 of the day are left');
    const toMidnight = 86_400 - (Math.floor(Date.now() / 1000) % 86_400);
    expect(Math.abs(Number(reply.headers['retry-after']) - toMidnight)).toBeLessThan(5);
    expect((await gateway.get(`${LIST}?limit=2`)).status).toBe(200);
    expect(codeOf(await gateway.get(`${LIST}/m-00001`))).toEqual([429, 'profile_quota']);
    expect(codeOf(await gateway.get('/exports/indexes/idx-loyalty/profiles.csv'))).toEqual([
      429,
      'profile_quota',
    ]);
    expect((await gateway.get('/api/indexes')).status).toBe(200);
    expect((await scene.simulator.summary()).requests).toBe(3);
  });

  test('end an export visibly', async () => {
    const gateway = await start({ teams: { web: { profilesPerDay: 2500, export: true } } });
    const reply = await gateway.get('/exports/indexes/idx-loyalty/profiles.ndjson');
    const lines = reply.body.toString().trim().split('\n');
    expect(lines).toHaveLength(2001);
    expect(JSON.parse(lines[2000] ?? '{}')).toMatchObject({ error: { code: 'profile_quota' } });
  });
});

test('a team may wait for a shorter time than others', async () => {
  const gateway = await start({
    settings: { budget: { rate: 1, windowMs: 20_000 }, queue: { maxWaitMs: 60_000 } },
    teams: { web: {}, brief: { maxWaitMs: 100 } },
  });
  expect((await gateway.get(PAGE)).status).toBe(200);
  const reply = await gateway.get(`${LIST}?limit=6`, { team: 'brief' });
  expect(codeOf(reply)).toEqual([429, 'shared_budget']);
});

describe('what a caller can ask about itself', () => {
  test('GET /usage tells its rights, what is left of the day and what it had of the budget', async () => {
    const gateway = await start({ teams: { web: { profilesPerDay: 100, maxLimit: 50 } } });
    await gateway.get(PAGE);
    const reply = await gateway.get('/usage');
    expect(reply.status).toBe(200);
    expect(json(reply)).toMatchObject({
      team: 'web',
      rights: { maxLimit: 50, indexes: ['*'], attributes: '*' },
      profiles_today: [{ of: 'team', allowed: 100, left: 95 }],
      this_replica: { spent: { caller: 1 }, refused: 0 },
    });
    expect(reply.body.toString()).not.toContain('sha256');
    expect((await gateway.ask('/usage')).status).toBe(401);
  });

  test('GET /usage tells bounds of the team where it has some, and of the gateway where not', async () => {
    const gateway = await start({
      settings: { queue: { perTeam: 40, maxWaitMs: 7000 } },
      teams: { web: {}, shop: { queue: 3, maxWaitMs: 1500, weight: 2 } },
    });
    const rights = async (team: string) => json(await gateway.get('/usage', { team })).rights;
    expect(await rights('web')).toMatchObject({ queue: 40, maxWaitMs: 7000, weight: 1 });
    expect(await rights('shop')).toMatchObject({ queue: 3, maxWaitMs: 1500, weight: 2 });
  });

  test('GET /usage tells nothing of others to a team that may not learn of them', async () => {
    const gateway = await start({ teams: { web: { revealCache: false } } });
    const told = json(await gateway.get('/usage'));
    expect(told).toMatchObject({ team: 'web', profiles_today: [] });
    expect(told).not.toHaveProperty('this_replica');
  });

  test('a client of Amperity that wants a token is told that it needs none', async () => {
    const gateway = await start();
    const reply = await gateway.ask('/api/v0/oauth2/token', { method: 'POST' });
    expect(codeOf(reply)).toEqual([400, 'invalid_parameter']);
    expect(json(reply).detail).toContain('gateway key');
  });
});

test('status is shown without a key on loopback only', async () => {
  const local = await start({ teams: { web: {}, ops: { scopes: ['status:read'] } } });
  expect((await local.admin('/status')).status).toBe(200);
  const open = await start({ twin: local, env: { ADMIN_HOST: '0.0.0.0' } });
  const ask = (headers: Record<string, string> = {}) => open.admin('/status', { headers });
  expect((await ask()).status).toBe(401);
  expect(codeOf(await ask({ 'x-api-key': open.key('web') }))).toEqual([403, 'forbidden_scope']);
  expect((await ask({ 'x-api-key': open.key('ops') })).status).toBe(200);
  expect((await open.admin('/metrics')).status).toBe(200);
  expect((await open.admin('/livez')).status).toBe(200);
});

test('what is logged can be changed while it runs, with the scope for it', async () => {
  const gateway = await start({ teams: { web: {}, ops: { scopes: ['log:level'] } } });
  const set = (body: unknown, team = 'ops') =>
    gateway.admin('/log-level', {
      method: 'POST',
      headers: { 'x-api-key': gateway.key(team), 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  expect(codeOf(await set({ level: 'silent' }, 'web'))).toEqual([403, 'forbidden_scope']);
  for (const body of [{ level: 'loud' }, {}, { level: 'info', more: 1 }, 'info']) {
    expect(codeOf(await set(body))).toEqual([400, 'invalid_parameter']);
  }
  expect((await set({ level: 'error' })).status).toBe(200);
  await gateway.get(PAGE);
  expect((await set({ level: 'debug' })).status).toBe(200);
  await gateway.get(`${LIST}?limit=6`);
  await eventually('the second line', () => gateway.logged('request')[0]);
  expect(gateway.logged('request')).toHaveLength(1);
});
