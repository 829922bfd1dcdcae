import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createApiKey } from '../../src/access/api-key.ts';
import { eventually } from '../support/eventually.ts';
import { type TestRedis, testRedis } from '../support/find-redis.ts';
import { json } from '../support/http-get.ts';
import { stage } from '../support/stage.ts';

const PAGE = '/api/indexes/idx-loyalty/profiles?limit=5';
const CACHE_KEYS = `k1:${Buffer.alloc(32, 9).toString('base64')}`;
const SETTINGS = { budget: { rate: 1000 } };

let redis: TestRedis;
beforeAll(async () => {
  redis = await testRedis();
});
afterAll(() => redis.stop());

const scene = stage({ preset: 'test', 'rate.kind': 'off' });

test('the file of teams is followed: rights change, keys come and go, within a second and without a restart', async () => {
  const gateway = await scene.start({ settings: SETTINGS, teamsFile: true, teams: { web: {}, shop: {} } });
  expect((await gateway.get(PAGE)).status).toBe(200);

  const { web, shop } = gateway.teams as Record<string, Record<string, unknown>>;
  const fresh = createApiKey({ label: 'test' });
  const notAfter = new Date(Date.now() + 86_400_000).toISOString();
  const keys = [{ id: fresh.id, sha256: fresh.sha256, notAfter }];
  gateway.writeTeams({ web: { ...web, maxLimit: 3 }, fresh: { ...shop, keys } });
  const changedAt = performance.now();
  await eventually(
    'the narrower right',
    async () => json(await gateway.get(PAGE)).code === 'forbidden_limit',
  );
  expect(performance.now() - changedAt).toBeLessThan(1000);
  expect((await gateway.ask(PAGE, { headers: { 'x-api-key': fresh.key } })).status).toBe(200);
  expect((await gateway.get(PAGE, { team: 'shop' })).status).toBe(401);
  const { body } = await gateway.admin('/metrics');
  expect(String(body)).toContain('gateway_policy_reloads_total{outcome="ok"} 1');
  expect(String(body)).toContain(`key="${fresh.id}"`);
  expect(String(body)).not.toMatch(/gateway_key_expires_timestamp_seconds\{team="shop"/);
});

test('revoking by hand is obeyed by every replica within a second, and by one that starts later', async () => {
  const name = `revoke-${process.pid}`;
  const options = { settings: { ...SETTINGS, name }, env: { REDIS_URL: redis.url, CACHE_KEYS } };
  const one = await scene.start({ ...options, teams: { web: {}, ops: { scopes: ['keys:revoke'] } } });
  const two = await scene.start({ ...options, twin: one });
  expect((await two.get(PAGE)).status).toBe(200);
  const key = one.key('web').split('_')[2];
  const reply = await one.admin('/revoke', {
    method: 'POST',
    headers: { 'x-api-key': one.key('ops'), 'content-type': 'application/json' },
    body: JSON.stringify({ key }),
  });
  expect([reply.status, json(reply)]).toEqual([200, { revoked: true, key, team: 'web' }]);
  const revokedAt = performance.now();
  expect((await one.get(PAGE)).status).toBe(401);
  await eventually('the other replica', async () => (await two.get(PAGE)).status === 401);
  expect(performance.now() - revokedAt).toBeLessThan(1000);
  const three = await scene.start({ ...options, twin: one });
  await eventually('the new replica', async () => (await three.get(PAGE)).status === 401, 1000);
  const audit = await eventually('the line', () =>
    one.logged('audit').find(({ audit }) => (audit as { event: string }).event === 'revoke'),
  );
  expect(audit.audit).toMatchObject({
    team: 'ops',
    scope: 'keys:revoke',
    outcome: 'done',
    ofTeam: 'web',
  });
});
