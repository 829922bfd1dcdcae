import { describe, expect, test } from '@jest/globals';
import { call, type Reply, SANDBOX_HEADERS } from './support/call.ts';
import { useSimulator } from './support/simulator.ts';

const LIST = '/indexes/idx-loyalty/profiles';
const NOT_FOUND = 'The requested entity does not exist.';
const simulator = useSimulator();

const get = (path: string, headers: Record<string, string | undefined> = {}) =>
  call(simulator().dataUrl, path, { headers });
const without = (name: string) => ({ [name]: undefined });

function askToken(fields: Record<string, string>, headers: Record<string, string | undefined> = {}) {
  return call(simulator().dataUrl, '/v0/oauth2/token', {
    method: 'POST',
    headers: {
      authorization: undefined,
      'amperity-tenant': undefined,
      'x-amperity-tenant': 'acme',
      'content-type': 'application/x-www-form-urlencoded',
      ...headers,
    },
    body: new URLSearchParams(fields).toString(),
  });
}
const GRANT = { grant_type: 'client_credentials', client_id: 'sim-client', client_secret: 'sim-secret' };

interface TokenBody {
  readonly access_token: string;
  readonly expires_in: number;
  readonly token_type: string;
}

describe('the routes', () => {
  test('answer the four documented reads', async () => {
    const indexes = await get('/indexes');
    expect(indexes.headers['content-type']).toBe('application/json');
    expect(indexes.json().data.map(({ id }) => id)).toEqual(['idx-loyalty', 'idx-shoppers']);
    const index = (await get('/indexes/idx-loyalty')).json<Record<string, string>>();
    expect(Object.keys(index)).toEqual(['id', 'name', 'description', 'created_at', 'updated_at']);
    expect((await get(LIST)).json().data).toHaveLength(25);
    const profile = (await get(`${LIST}/m-00042`)).json<Record<string, unknown>>();
    expect(profile).toMatchObject({ id: 'm-00042', index_id: 'idx-loyalty' });
  });

  test.each([
    '/',
    '/index',
    '/indexes/',
    '/indexesx',
    '/indexes/idx-loyalty/',
    '/indexes/idx-loyalty/profiles/',
    '/indexes/idx-loyalty/profile',
    '/indexes//profiles',
    '/indexes/idx-loyalty/profiles/m-00001/x',
    '/indexes/%E0%A4%A',
    '/v0/oauth2/token/',
    '/indexes/idx-none',
    '/indexes/idx-none/profiles',
    '/indexes/idx-loyalty/profiles/m-1',
    '/indexes/idx-loyalty/profiles/m-10001',
    '/indexes/idx-loyalty/profiles/M-00001',
  ])('%s is 404 with the published text', async (path) => {
    const reply = await get(path);
    expect([reply.status, reply.json<{ message: string }>().message]).toEqual([404, NOT_FOUND]);
  });

  test.each([
    ['POST', '/indexes', 'GET'],
    ['HEAD', LIST, 'GET'],
    ['DELETE', `${LIST}/m-00001`, 'GET'],
    ['GET', '/v0/oauth2/token', 'POST'],
  ])('%s %s is 405 and names what is allowed', async (method, path, allowed) => {
    const reply = await call(simulator().dataUrl, path, { method });
    expect([reply.status, reply.headers.allow]).toEqual([405, allowed]);
  });
});

describe('the order of checks', () => {
  /** Each request is wrong from its own step on, so the earlier step must answer. */
  const wrongVersion = without('api-version');
  const wrongTenant = { ...wrongVersion, 'amperity-tenant': 'nobody' };
  const wrongBearer = { ...wrongTenant, authorization: 'Bearer nothing' };

  test('unknown path, bearer, tenant, version, existence, parameters', async () => {
    const bad = '/indexes/idx-none/profiles?limit=0';
    expect((await get('/nowhere', wrongBearer)).status).toBe(404);
    expect((await get('/indexes/', wrongBearer)).status).toBe(404);
    expect((await get('/indexes/idx-none/profiles/', wrongBearer)).status).toBe(404);
    expect((await get(bad, wrongBearer)).status).toBe(401);
    expect((await get(bad, wrongTenant)).status).toBe(403);
    expect((await get(bad, wrongVersion)).json<{ message: string }>().message).toContain('api-version');
    expect((await get(bad)).status).toBe(404);
    expect((await get(`${LIST}?limit=0`)).status).toBe(400);
  });

  test('the rate limit comes last, or before the bearer', async () => {
    await simulator().knobs({ 'rate.kind': 'sliding', 'rate.limit': 1, 'rate.position': 'last' });
    expect((await get(LIST, wrongBearer)).status).toBe(401);
    expect((await get(LIST)).status).toBe(200);
    expect((await get(LIST, wrongBearer)).status).toBe(401);
    expect((await get(LIST)).status).toBe(429);
    await simulator().reset();
    await simulator().knobs({ 'rate.position': 'first' });
    expect((await get(LIST, { authorization: undefined })).status).toBe(401);
    expect((await get(LIST, { authorization: undefined })).status).toBe(429);
    expect((await get('/nowhere')).status).toBe(404);
  });

  test.each([
    ['no bearer', { authorization: undefined }],
    ['another scheme', { authorization: 'Basic c2ltLXRva2Vu' }],
    ['an unknown bearer', { authorization: 'Bearer sim-toke' }],
  ])('%s is 401', async (_what, headers) => {
    expect((await get(LIST, headers)).status).toBe(401);
  });

  test.each([
    ['no tenant', { 'amperity-tenant': undefined }],
    ['an unknown tenant', { 'amperity-tenant': 'Acme' }],
    ['the tenant of another token', { 'amperity-tenant': 'acme-sb-12345' }],
  ])('%s is what tenant.error says', async (_what, headers) => {
    await simulator().knobs({ 'tenant.error': '403' });
    expect((await get(LIST, headers)).status).toBe(403);
    await simulator().knobs({ 'tenant.error': '401' });
    expect((await get(LIST, headers)).status).toBe(401);
    await simulator().knobs({ 'tenant.error': '400' });
    expect((await get(LIST, headers)).status).toBe(400);
  });

  test('the X- spelling of the tenant header counts only where tenant.header says both', async () => {
    const spelled = { 'amperity-tenant': undefined, 'X-Amperity-Tenant': 'acme' };
    await simulator().knobs({ 'tenant.header': 'plain' });
    expect((await get(LIST, spelled)).status).toBe(403);
    await simulator().knobs({ 'tenant.header': 'both' });
    expect((await get(LIST, spelled)).status).toBe(200);
  });

  test.each([[undefined], ['2025-01-01'], ['']])(
    'api-version %p is what version.error says',
    async (version) => {
      await simulator().knobs({ 'version.error': '400' });
      expect((await get(LIST, { 'api-version': version })).status).toBe(400);
      await simulator().knobs({ 'version.error': '401' });
      expect((await get(LIST, { 'api-version': version })).status).toBe(401);
    },
  );

  test('a forbidden index is 403 on every route of it', async () => {
    await simulator().knobs({ 'auth.forbidden': ['idx-loyalty'] });
    for (const path of ['/indexes/idx-loyalty', LIST, `${LIST}/m-00001`]) {
      expect((await get(path)).status).toBe(403);
    }
    expect((await get('/indexes/idx-shoppers')).status).toBe(200);
  });
});

describe('error bodies', () => {
  const members = (reply: Reply) => Object.keys(reply.json<object>());

  test('carry ids unless told otherwise, and unknown members if told to', async () => {
    await simulator().knobs({ 'error.ids': true, 'error.extra': false });
    expect(members(await get('/nowhere'))).toEqual(['status', 'message', 'request_id', 'trace_id']);
    await simulator().knobs({ 'error.ids': false });
    expect(members(await get('/nowhere'))).toEqual(['status', 'message']);
    await simulator().knobs({ 'error.extra': true });
    expect(members(await get('/nowhere'))).toEqual(['status', 'message', 'code', 'details']);
  });
});

describe('tokens', () => {
  test('client credentials yield a bearer that looks like a JWT and works', async () => {
    const reply = await askToken(GRANT);
    const body = reply.json<TokenBody>();
    expect([reply.status, body.token_type, body.expires_in]).toEqual([200, 'Bearer', 3600]);
    expect(body.access_token).toMatch(/^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]{80,}$/);
    expect((await get(LIST, { authorization: `Bearer ${body.access_token}` })).status).toBe(200);
  });

  test('two secrets are valid at once, as after a rotation', async () => {
    expect((await askToken({ ...GRANT, client_secret: 'sim-secret-2' })).status).toBe(200);
    const sandbox = { ...GRANT, client_id: 'sim-client-sb', client_secret: 'sim-secret-sb' };
    expect((await askToken(sandbox, { 'x-amperity-tenant': 'acme-sb-12345' })).status).toBe(200);
  });

  test('wrong credentials, grant, form and tenant are refused', async () => {
    await simulator().knobs({ 'token.error': '401' });
    expect((await askToken({ ...GRANT, client_secret: 'x' })).status).toBe(401);
    expect((await askToken(GRANT, { 'x-amperity-tenant': 'acme-sb-12345' })).status).toBe(401);
    await simulator().knobs({ 'token.error': '400' });
    const refused = await askToken({ ...GRANT, client_id: '__proto__' });
    expect([refused.status, refused.json<{ error: string }>().error]).toEqual([400, 'invalid_client']);
    expect((await askToken({ ...GRANT, grant_type: 'password' })).status).toBe(400);
    expect((await askToken(GRANT, { 'content-type': 'application/json' })).status).toBe(400);
    expect((await askToken(GRANT, { 'x-amperity-tenant': undefined })).status).toBe(403);
    expect((await askToken({ ...GRANT, padding: 'x'.repeat(20_000) })).status).toBe(400);
  });

  test('a token lives token.ttl_s, or only token.revoke_after_s although it says more', async () => {
    await simulator().knobs({ 'token.ttl_s': 1 });
    const short = (await askToken(GRANT)).json<TokenBody>();
    await simulator().knobs({ 'token.ttl_s': 7200, 'token.revoke_after_s': 0.05 });
    const revoked = (await askToken(GRANT)).json<TokenBody>();
    expect([short.expires_in, revoked.expires_in]).toEqual([1, 7200]);
    // Real time has to pass: the child process keeps its own clock.
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await get(LIST, { authorization: `Bearer ${revoked.access_token}` })).status).toBe(401);
    expect((await get(LIST, { authorization: `Bearer ${short.access_token}` })).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect((await get(LIST, { authorization: `Bearer ${short.access_token}` })).status).toBe(401);
  });

  test('revoking ends one token, or all until the reset', async () => {
    const first = (await askToken(GRANT)).json<TokenBody>();
    const second = (await askToken(GRANT)).json<TokenBody>();
    expect(await simulator().revokeTokens('tok-3')).toBe(1);
    expect((await get(LIST, { authorization: `Bearer ${first.access_token}` })).status).toBe(401);
    expect((await get(LIST, { authorization: `Bearer ${second.access_token}` })).status).toBe(200);
    expect(await simulator().revokeTokens()).toBe(3);
    expect((await get(LIST)).status).toBe(401);
    await simulator().reset();
    expect((await get(LIST)).status).toBe(200);
    expect((await get(LIST, { authorization: `Bearer ${second.access_token}` })).status).toBe(401);
  });

  test('token.latency_ms delays the token route alone', async () => {
    await simulator().knobs({ 'token.latency_ms': 150 });
    const began = performance.now();
    await askToken(GRANT);
    expect(performance.now() - began).toBeGreaterThanOrEqual(149);
    const [entry] = await simulator().journal();
    expect((entry?.done_ms ?? 0) - (entry?.t_ms ?? 0)).toBeGreaterThanOrEqual(149);
  });

  test('a sandbox token reads the sandbox', async () => {
    const production = await get(`${LIST}/m-00001`);
    const sandbox = await get(`${LIST}/m-00001`, SANDBOX_HEADERS);
    expect(sandbox.status).toBe(200);
    expect(sandbox.text).not.toBe(production.text);
  });
});
