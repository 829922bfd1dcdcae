import { afterEach, describe, expect, test } from '@jest/globals';
import { Envelope } from '../../src/shared/envelope.ts';
import { EventStream } from '../support/event-stream.ts';
import { eventually } from '../support/eventually.ts';
import { testRedis } from '../support/find-redis.ts';
import { json } from '../support/http-get.ts';
import { closeClients, openClient } from '../support/redis-client.ts';
import type { GatewayHandle } from '../support/spawn-gateway.ts';
import { stage } from '../support/stage.ts';

const LIST = '/api/indexes/idx-loyalty/profiles';
const FILES = [
  '',
  '/page.css',
  '/page.js',
  '/stream.js',
  '/minute.js',
  '/plots.js',
  '/tables.js',
  '/purge.js',
  '/credential.js',
  '/uplot.js',
  '/uplot.css',
];
const SETTINGS = { budget: { rate: 1000 }, cache: { prefetch: { enabled: false } } };
const CACHE_KEYS = `k1:${Buffer.alloc(32, 9).toString('base64')}`;

const scene = stage({ preset: 'test', 'rate.kind': 'off' });
const streams: EventStream[] = [];
afterEach(() => {
  for (const stream of streams.splice(0)) stream.close();
  closeClients();
});

async function watch(gateway: GatewayHandle, headers: Record<string, string> = {}): Promise<EventStream> {
  const stream = await EventStream.open(gateway.adminUrl, headers);
  streams.push(stream);
  return stream;
}

test('the page and what it is made of are there for everybody, on the admin listener alone', async () => {
  const gateway = await scene.start();
  for (const file of FILES) {
    const reply = await gateway.admin(`/console${file}`);
    expect([file, reply.status, reply.headers['cache-control']]).toEqual([file, 200, 'no-cache']);
    expect((await gateway.get(`/console${file}`)).status).toBe(404);
    expect((await gateway.admin(`/console${file}`, { method: 'POST' })).status).toBe(405);
  }
  const { body, headers } = await gateway.admin('/console');
  expect(headers['content-security-policy']).toMatch(/^default-src 'none';script-src 'self';/);
  expect(String(body)).not.toMatch(/<script>|style=|https?:/);
});

test('what happens is told each second, as it was counted at Amperity', async () => {
  const gateway = await scene.start({ settings: SETTINGS, teams: { web: {}, shop: { maxLimit: 3 } } });
  const stream = await watch(gateway);
  expect(stream.headers).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  for (let n = 1; n <= 5; n += 1) await gateway.get(`${LIST}?limit=${n}`);
  for (let n = 1; n <= 5; n += 1) await gateway.get(`${LIST}?limit=${n}`);
  await gateway.get(`${LIST}?limit=9`, { team: 'shop' });
  await scene.simulator.knobs({ listen: 'off' });
  await gateway.get(`${LIST}?limit=99`);
  const { replicas } = await stream.until(
    'the last of it',
    ({ replicas }) => {
      const [own] = replicas;
      return (
        own?.status.problems.upstream_error !== undefined || own?.status.problems.unavailable !== undefined
      );
    },
    15_000,
  );
  await stream.until(
    'the seconds in which it was',
    () => stream.sum(({ endings }) => endings.failed ?? 0) === 1,
  );
  const ended = (kind: 'hit' | 'miss' | 'rejected') => stream.sum(({ endings }) => endings[kind] ?? 0);
  expect([ended('miss'), ended('hit'), ended('rejected')]).toEqual([5, 5, 1]);
  expect(stream.sum(({ sent }) => sent)).toBe((await scene.simulator.summary()).requests);
  expect(stream.sum(({ outcomes }) => outcomes.ok ?? 0)).toBe(5);
  // Not the one that was refused.
  expect(stream.sum(({ indexes }) => indexes[0]?.[1] ?? 0)).toBe(11);
  expect(replicas[0]?.status).toMatchObject({
    problems: { forbidden_limit: { count: 1, lastAt: expect.any(Number) } },
    teams: { web: { spent: { caller: 5 } } },
  });
});

describe('off loopback', () => {
  const WATCHERS = { web: {}, ops: { scopes: ['status:read'] } };
  const started = () =>
    scene.start({ env: { ADMIN_HOST: '0.0.0.0' }, settings: SETTINGS, teams: WATCHERS, teamsFile: true });

  test('what happens is told to a key with the scope, and to no other', async () => {
    const gateway = await started();
    expect((await gateway.admin('/console')).status).toBe(200);
    const asked = (headers = {}) => gateway.admin('/console/events', { headers });
    expect(json(await asked())).toMatchObject({ status: 401, code: 'unauthenticated' });
    const refused = json(await asked({ 'x-api-key': gateway.key('web') }));
    expect(refused).toMatchObject({ status: 403, code: 'forbidden_scope' });
    const stream = await watch(gateway, { 'x-api-key': gateway.key('ops') });
    await stream.until('a view', () => true);
  });

  test('it ends with the key or the right', async () => {
    const gateway = await started();
    const stream = await watch(gateway, { 'x-api-key': gateway.key('ops') });
    await stream.until('a view', () => true);
    let hasEnded = false;
    void stream.ended.then(() => {
      hasEnded = true;
    });
    const { ops, web } = gateway.teams as Record<string, object>;
    gateway.writeTeams({ web, ops: { ...ops, scopes: [] } });
    await eventually('the end', () => hasEnded, 3000);
  });
});

test('so many may watch, and one more is told to wait', async () => {
  const gateway = await scene.start({ settings: SETTINGS });
  for (let n = 0; n < 50; n += 1) await watch(gateway);
  const { body, headers, status } = await gateway.admin('/console/events');
  expect([status, headers['retry-after'], JSON.parse(String(body)).code]).toEqual([503, '60', 'unavailable']);
  streams.pop()?.close();
  await eventually('a place', async () => watch(gateway).catch(() => undefined));
});

test('HEAD is answered', async () => {
  const gateway = await scene.start({ settings: SETTINGS });
  const { headers, status } = await gateway.admin('/console/events', { method: 'HEAD' });
  expect([status, headers['content-type']]).toEqual([200, 'text/event-stream; charset=utf-8']);
});

test.each([
  ['by a name that leads here', { host: 'rebound.example' }],
  ['by a page of another origin', { 'sec-fetch-site': 'cross-site' }],
  ['by a page of another port', { 'sec-fetch-site': 'same-site' }],
])('on loopback nothing is told to who asks %s', async (_, headers: Record<string, string>) => {
  const gateway = await scene.start({ settings: SETTINGS });
  for (const path of ['/console/events', '/status']) {
    const reply = await gateway.admin(path, { headers });
    expect([path, reply.status, json(reply).code]).toEqual([path, 403, 'forbidden_origin']);
  }
  for (const host of ['localhost:9090', '[::1]:9090', '127.0.0.1'])
    expect((await gateway.admin('/status', { headers: { host, 'sec-fetch-site': 'none' } })).status).toBe(
      200,
    );
});

test('one replica shows what all do, and nobody who reads along in Redis learns of it', async () => {
  const redis = await testRedis();
  try {
    const name = `console-${process.pid}`;
    const options = { settings: { ...SETTINGS, name }, env: { REDIS_URL: redis.url, CACHE_KEYS } };
    const one = await scene.start(options);
    const two = await scene.start({ ...options, twin: one });
    const { client } = openClient(redis.url);
    await eventually('the connection', () => client.status === 'ready');
    const overheard: string[] = [];
    client.on(
      'pmessageBuffer' as 'message',
      ((_pattern: unknown, channel: Buffer, message: Buffer) =>
        overheard.push(`${channel} ${message.toString('latin1')}`)) as never,
    );
    await client.psubscribe(`agw:{${name}}*`);
    await two.get(`${LIST}?limit=1`);
    const stream = await watch(one);
    await one.get(`${LIST}?limit=2`);
    await two.get(`${LIST}?limit=3`);
    const view = await stream.until('both', ({ replicas }) => {
      return replicas.length === 2 && stream.sum(({ sent }) => sent) === 3;
    });
    expect(view.replicas.map(({ status }) => status.teams.web?.spent.caller).sort()).toEqual([1, 2]);
    // What another release, or somebody with the keys, may say.
    const sealer = new Envelope('report', () => [{ kid: 'k1', key: Buffer.alloc(32, 9) }]);
    const channel = `agw:{${name}}:s:console`;
    for (const odd of ['no JSON', 'null', '{"kind":"report"}', '{"form":1,"kind":"report","report":{}}'])
      await client.publish(channel, await sealer.seal(Buffer.from(odd), channel));
    await stream.until('a view after that', ({ replicas }) => replicas.length === 2);
    for (const gateway of [one, two]) expect((await gateway.admin('/livez')).status).toBe(200);
    const reports = overheard.filter((line) => line.startsWith(`agw:{${name}}:s:console `));
    expect(reports.length).toBeGreaterThan(2);
    expect(reports.join()).not.toMatch(/idx-loyalty|effectiveRate|"replica"/);
  } finally {
    await redis.stop();
  }
});
