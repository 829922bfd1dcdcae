import { mkdirSync, renameSync, rmSync } from 'node:fs';
import http from 'node:http';
import { type AddressInfo, createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createApiKey } from '../../src/access/api-key.ts';
import { eventually } from '../support/eventually.ts';
import { json } from '../support/http-get.ts';
import { TestIssuer } from '../support/issuer.ts';
import type { GatewayHandle, GatewayOptions } from '../support/spawn-gateway.ts';
import { stage } from '../support/stage.ts';

const LIST = '/api/indexes/idx-loyalty/profiles';
const DANIELS = `${LIST}?filter[first_name]=Daniel&limit=2`;
const EXPORT = '/exports/indexes/idx-loyalty/profiles.ndjson';
const SHOP = {
  indexes: ['idx-loyalty'],
  attributes: { 'idx-loyalty': { allow: ['first_name', 'email'] } },
  filters: ['first_name'],
};

const scene = stage({ preset: 'test', 'rate.kind': 'off', 'latency.preset': 'off' });
const start = (options: GatewayOptions): Promise<GatewayHandle> =>
  scene.start({
    ...options,
    settings: { budget: { rate: 1000 }, cache: { prefetch: { enabled: false } }, ...options.settings },
  });
const slow = (ms: number) => scene.simulator.knobs({ 'latency.table': { 0: [ms, ms] } });
const idOf = (key: string): string => key.split('_')[2] ?? '';
const revoke = (gateway: GatewayHandle, key: string) =>
  gateway.admin('/revoke', {
    method: 'POST',
    headers: { 'x-api-key': gateway.key('ops'), 'content-type': 'application/json' },
    body: JSON.stringify({ key: idOf(key) }),
  });
const OPS = { scopes: ['keys:revoke'] };

describe('a request that waits for its page', () => {
  test('is refused when its key is revoked under way', async () => {
    const gateway = await start({ teams: { shop: SHOP, ops: OPS } });
    await slow(2500);
    const waiting = gateway.get(DANIELS, { team: 'shop' });
    await sleep(500);
    expect((await revoke(gateway, gateway.key('shop'))).status).toBe(200);
    expect((await waiting).status).toBe(401);
  });

  test('is shown what its team may see by then', async () => {
    const gateway = await start({ teams: { shop: SHOP, ops: OPS }, teamsFile: true });
    await slow(2500);
    const waiting = gateway.get(DANIELS, { team: 'shop' });
    await sleep(500);
    const { shop, ...others } = gateway.teams as Record<string, object>;
    const attributes = { 'idx-loyalty': { allow: ['first_name'], mask: ['email'] } };
    gateway.writeTeams({ ...others, shop: { ...shop, attributes } });
    expect((await waiting).body.toString()).not.toContain('@');
  });
});

test('a team that is shown some attributes can read the description of its index', async () => {
  const gateway = await start({ teams: { all: {}, shop: SHOP } });
  const whole = await gateway.get('/api/indexes/idx-loyalty', { team: 'all' });
  const own = await gateway.get('/api/indexes/idx-loyalty', { team: 'shop' });
  expect(json(own)).toEqual(json(whole));
});

describe('tokens', () => {
  let issuer: TestIssuer;
  let keys: http.Server;
  let keysTakeMs = 0;
  beforeAll(async () => {
    issuer = await TestIssuer.start({ algorithms: ['ES256'] });
    keys = http.createServer(async (_req, res) => {
      await sleep(keysTakeMs);
      res.end(JSON.stringify(issuer.jwks()));
    });
    await new Promise<void>((resolve) => keys.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    await issuer.close();
    keys.closeAllConnections();
    keys.close();
  });
  const token = (jti: string): string => {
    const exp = Math.floor(Date.now() / 1000) + 300;
    return issuer.sign({ aud: 'gateway', sub: 'web', exp, jti }, { alg: 'ES256' });
  };
  const startWithTokens = () => {
    const jwksUri = `http://127.0.0.1:${(keys.address() as AddressInfo).port}/`;
    const jwt = [{ issuer: issuer.url, audience: 'gateway', jwksUri }];
    return start({
      settings: { auth: { modes: ['apiKey', 'jwt'], jwt } },
      teams: { shop: { export: true, jwt: [{ issuer: issuer.url, claims: { sub: 'web' } }] } },
    });
  };

  test('of callers that leave while the keys are fetched take no place among the exports', async () => {
    const gateway = await startWithTokens();
    keysTakeMs = 1000;
    for (let at = 0; at < 25; at += 1) {
      const left = new AbortController();
      const headers = { authorization: `Bearer ${token(`${at}`)}` };
      void gateway.ask(EXPORT, { headers, signal: left.signal }).catch(() => undefined);
      setTimeout(() => left.abort(), 300);
    }
    await sleep(2000);
    keysTakeMs = 0;
    expect((await gateway.get(`${EXPORT}?filter[first_name]=Daniel`)).status).toBe(200);
  });

  test('are no keys, and count in no header of theirs', async () => {
    const gateway = await startWithTokens();
    const reply = await gateway.ask(DANIELS, { headers: { 'x-api-key': token('key') } });
    expect(reply.status).toBe(401);
  });
});

test('a team that comes with a change of the file has its part of the concurrent calls', async () => {
  const gateway = await start({
    settings: { budget: { rate: 1000, maxInFlight: 16 } },
    teams: { slow: {} },
    teamsFile: true,
  });
  const { key, id, sha256 } = createApiKey({ label: 'test' });
  const { slow: rights } = gateway.teams as Record<string, object>;
  const notAfter = new Date(Date.now() + 86_400_000).toISOString();
  gateway.writeTeams({ slow: rights, light: { ...rights, keys: [{ id, sha256, notAfter }] } });
  const ask = (path: string) => gateway.ask(path, { headers: { 'x-api-key': key } });
  await eventually('the new team', async () => (await ask('/usage')).status === 200);
  await slow(3000);
  const flood = Array.from({ length: 60 }, (_, at) => gateway.get(`${LIST}?limit=${at + 10}`));
  await sleep(800);
  await slow(1);
  const light = await ask(`${LIST}?limit=3`);
  expect([light.status, light.tookMs < 1000]).toEqual([200, true]);
  await Promise.all(flood);
}, 60_000);

describe('a team that is not to know what others ask', () => {
  const QUIET = { ...SHOP, revealCache: false };

  test('is not told by only-if-cached', async () => {
    const gateway = await start({ teams: { all: {}, quiet: QUIET } });
    const ask = (name: string) =>
      gateway.get(`${LIST}?filter[first_name]=${name}&limit=2`, {
        team: 'quiet',
        headers: { 'cache-control': 'only-if-cached' },
      });
    await gateway.get(`${LIST}?filter[first_name]=Daniel&limit=2`, { team: 'all' });
    expect((await ask('Daniel')).status).toBe((await ask('Anna')).status);
  });

  test('is not told by what is left of its permits', async () => {
    const gateway = await start({ teams: { all: {}, quiet: QUIET } });
    const ask = (name: string) =>
      gateway.get(`${LIST}?filter[first_name]=${name}&limit=2`, { team: 'quiet' });
    await gateway.get(`${LIST}?filter[first_name]=Daniel&limit=2`, { team: 'all' });
    const [stored, fetched] = [await ask('Daniel'), await ask('Anna')];
    expect(fetched.headers.ratelimit).toBe(stored.headers.ratelimit);
  });
});

describe('profiles of the day', () => {
  test('are used up by HEAD too, which tells whom a filter finds', async () => {
    const gateway = await start({ teams: { web: { profilesPerDay: 5 } } });
    for (let time = 0; time < 5; time += 1) await gateway.get(DANIELS, { method: 'HEAD' });
    expect((await gateway.get(DANIELS, { method: 'HEAD' })).status).toBe(429);
  });

  test('that do not suffice give no validator of what is refused', async () => {
    const gateway = await start({ teams: { web: { profilesPerDay: 1 } } });
    const reply = await gateway.get(DANIELS);
    expect([reply.status, reply.headers.etag]).toEqual([429, undefined]);
  });
});

test('refused credentials on the public listener keep no operator from revoking', async () => {
  const gateway = await start({ teams: { shop: SHOP, ops: OPS } });
  const forged = 'agw_test_AAAAAAAAAA_0000000000000000000000000000000000000000000_000000';
  for (let at = 0; at < 31; at += 1) await gateway.ask(DANIELS, { headers: { 'x-api-key': forged } });
  expect((await revoke(gateway, gateway.key('shop'))).status).toBe(200);
});

test('a revocation by hand outlives a later end of the key', async () => {
  const gateway = await start({ teams: { shop: SHOP, ops: OPS }, teamsFile: true });
  const { shop, ops } = gateway.teams as { shop: { keys: object[] }; ops: object };
  const until = (ms: number) => new Date(Date.now() + ms).toISOString();
  const teamsUntil = (ms: number) => ({
    shop: { ...shop, keys: [{ ...shop.keys[0], notAfter: until(ms) }] },
    ops,
  });
  gateway.writeTeams(teamsUntil(3000));
  await eventually('the new end', () => gateway.logged('teams follow their file')[0]);
  expect((await revoke(gateway, gateway.key('shop'))).status).toBe(200);
  gateway.writeTeams(teamsUntil(3_600_000));
  await sleep(3500);
  expect((await gateway.get('/usage', { team: 'shop' })).status).toBe(401);
});

test('a file of teams that cannot be read any more is told', async () => {
  const gateway = await start({ teamsFile: true });
  mkdirSync(`${gateway.teamsPath}.folder`);
  rmSync(gateway.teamsPath);
  renameSync(`${gateway.teamsPath}.folder`, gateway.teamsPath);
  await sleep(1500);
  const { body } = await gateway.admin('/metrics');
  expect(String(body)).toContain('gateway_policy_reloads_total{outcome="invalid"} 1');
});

test('a preflight that two servers may read differently is refused, and ends its connection', async () => {
  const gateway = await start({
    teams: { web: {} },
    settings: { cors: { origins: ['https://app.example'] } },
  });
  const { hostname, port } = new URL(gateway.url);
  const socket = createConnection({ host: hostname, port: Number(port) });
  let answers = '';
  socket.on('data', (chunk: Buffer) => {
    answers += chunk.toString();
  });
  socket.write(
    `OPTIONS ${LIST} HTTP/1.1\r\nHost: a\r\nHost: b\r\nOrigin: https://app.example\r\n` +
      'Access-Control-Request-Method: GET\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n' +
      `GET ${LIST}?limit=1 HTTP/1.1\r\nHost: a\r\nX-API-Key: ${gateway.key()}\r\n\r\n`,
  );
  await sleep(700);
  socket.destroy();
  expect([...answers.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual(['400']);
});

test('If-None-Match makes 304 of no POST (RFC 9110 §13.1.2)', async () => {
  const gateway = await start({ teams: { web: {} } });
  const headers = { 'content-type': 'application/json', 'if-none-match': '*' };
  const reply = await gateway.get(`${LIST}/search`, { method: 'POST', headers, body: '{"limit":2}' });
  expect(reply.status).not.toBe(304);
});

test('pages of a key that is revoked may not call any more', async () => {
  const { id, sha256 } = createApiKey({ label: 'test' });
  const notAfter = new Date(Date.now() + 86_400_000).toISOString();
  const origin = 'https://gone.example';
  const page = { id, sha256, notAfter, kind: 'browser', origins: [origin], state: 'revoked' };
  const gateway = await start({ teams: { shop: { ...SHOP, keys: [page] } } });
  const headers = { origin, 'access-control-request-method': 'GET' };
  const reply = await gateway.ask(LIST, { method: 'OPTIONS', headers });
  expect(reply.headers['access-control-allow-origin']).toBeUndefined();
});
