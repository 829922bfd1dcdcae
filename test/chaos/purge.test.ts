import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { json } from '../support/http-get.ts';
import { RedisServer } from '../support/redis-server.ts';
import type { GatewayHandle } from '../support/spawn-gateway.ts';
import { Fleet, type FleetOptions, newCacheKey } from './fleet.ts';

let fleet: Fleet;
afterEach(() => fleet?.stop());

const teams = { ops: { scopes: ['purge:profile', 'purge:index', 'purge:all'] } };
const LIST = '/api/indexes/idx-loyalty/profiles?limit=5';

async function start(options: FleetOptions = {}): Promise<readonly [GatewayHandle, GatewayHandle]> {
  const settings = { cache: { prefetch: { enabled: false } }, name: 'acme' };
  fleet = await Fleet.start({ replicas: 2, teams, settings, ...options });
  const [one, other] = fleet.gateways;
  if (one === undefined || other === undefined) throw new Error('two replicas were meant');
  return [one, other];
}

/** Whether the page can be had from this replica without a call. */
const isStored = async (gateway: GatewayHandle, path = LIST): Promise<boolean> =>
  (await gateway.get(path, { headers: { 'cache-control': 'only-if-cached' } })).status === 200;

const until = async (gateway: GatewayHandle, stored: boolean, withinMs: number): Promise<number> => {
  const from = Date.now();
  while ((await isStored(gateway)) !== stored) {
    if (Date.now() - from > withinMs) throw new Error(`not within ${withinMs} ms`);
    await sleep(5);
  }
  return Date.now() - from;
};

const pagesInRedis = async (): Promise<number> =>
  Number(await fleet.redis.cli(['eval', "return #redis.call('keys', 'agw:acme:p:*')", '0']));

/** After that a purge removes nothing from Redis. */
const loseTags = (): Promise<string> => {
  const lose = "for _, tag in ipairs(redis.call('keys', 'agw:{acme}:t:*')) do redis.call('del', tag) end";
  return fleet.redis.cli(['eval', lose, '0']);
};

test.each([
  ['an index', { index: 'idx-loyalty' }],
  ['a profile', { index: 'idx-loyalty', profile: 'm-00003' }],
  ['everything', { all: true }],
])('%s purged on one replica is gone on the others and from Redis within a second', async (_what, target) => {
  const [one, other] = await start();
  await one.get(LIST);
  await one.get('/api/indexes/idx-shoppers/profiles?limit=5');
  await until(other, true, 1000);
  const before = await pagesInRedis();
  const reply = await one.purge(target);
  expect([reply.status, json(reply).purged, json(reply).widened]).toEqual([200, true, false]);
  expect(await isStored(one)).toBe(false);
  await until(other, false, 1000);
  expect(before - (await pagesInRedis())).toBe(json(reply).pages);
  const rest = await other.get('/api/indexes/idx-shoppers/profiles?limit=5', {
    headers: { 'cache-control': 'only-if-cached' },
  });
  expect(rest.status).toBe('all' in target ? 504 : 200);
});

test.each([
  ['an index', { index: 'idx-loyalty' }],
  ['a profile', { index: 'idx-loyalty', profile: 'm-00003' }],
  ['everything', { all: true }],
])('%s purged is gone within some seconds from a replica that hears no signals', async (_what, target) => {
  const server = await RedisServer.start();
  try {
    // The limiter's messages it gets, those of the gateway it does not.
    await server.cli(['acl', 'setuser', 'deaf', 'on', '>pw', '~*', 'resetchannels', '&b_*', '+@all']);
    const deaf = { REDIS_USERNAME: 'deaf', REDIS_PASSWORD: 'pw' };
    const [one, other] = await start({ redisUrl: server.url, envOf: { 1: deaf } });
    await one.get(LIST);
    await until(other, true, 1000);
    expect((await one.purge(target)).status).toBe(200);
    expect(await until(other, false, 10_000)).toBeLessThan(6000);
    await fleet.stop();
  } finally {
    await server.stop();
  }
});

test.each([
  ['an index', { index: 'idx-loyalty' }],
  ['a profile', { index: 'idx-loyalty', profile: 'm-00003' }],
])('while keys are rotated %s purged is gone by whatever key it was stored', async (_what, target) => {
  const [old, next] = [newCacheKey('old'), newCacheKey('next')];
  const [one, other] = await start({
    envOf: { 0: { CACHE_KEYS: `${old},${next}` }, 1: { CACHE_KEYS: `${next},${old}` } },
  });
  const second = '/api/indexes/idx-loyalty/profiles?limit=6';
  for (const [writer, reader, path] of [
    [one, other, LIST],
    [other, one, second],
  ] as const) {
    await writer.get(path);
    expect(await isStored(reader, path)).toBe(true);
  }
  const reply = await other.purge(target);
  expect([reply.status, json(reply).widened]).toEqual([200, false]);
  for (const path of [LIST, second]) {
    expect(await isStored(other, path)).toBe(false);
    await eventually('gone from the other', async () => !(await isStored(one, path)));
  }
  // Cursors hold no profile.
  expect(await pagesInRedis()).toBe('profile' in target ? 2 : 0);
});

test('a replica that was cut off follows when it is back, and takes from Redis nothing that was purged meanwhile', async () => {
  const [one, other] = await start();
  const unseen = '/api/indexes/idx-loyalty/profiles?limit=6';
  for (const path of [LIST, unseen]) await one.get(path);
  await until(other, true, 1000);
  fleet.ways[1]?.refuse(true);
  await loseTags();
  expect(json(await one.purge({ index: 'idx-loyalty' }))).toMatchObject({ purged: true, pages: 0 });
  expect(await isStored(other)).toBe(true);
  fleet.ways[1]?.refuse(false);
  const backAt = Date.now();
  while (Date.now() < backAt + 3000) {
    expect(await isStored(other, unseen)).toBe(false);
    await sleep(5);
  }
  await until(other, false, 10_000);
});

test('a page that holds more profiles than it has tags for, or has lost its tags, is answered no more either', async () => {
  const [one, other] = await start();
  const large = '/api/indexes/idx-loyalty/profiles?limit=200';
  const next = '/api/indexes/idx-loyalty/profiles?limit=4';
  for (const path of [large, LIST, next]) await one.get(path);
  await until(other, true, 1000);
  await loseTags();
  const reply = await other.purge({ index: 'idx-loyalty', profile: 'm-00005' });
  expect([reply.status, json(reply).pages]).toEqual([200, 0]);
  await eventually('gone', async () => !(await isStored(one, large)) && !(await isStored(one)));
  expect([await isStored(other, large), await isStored(other)]).toEqual([false, false]);
  // Whoever does not hold that profile stays.
  expect([await isStored(one, next), await isStored(other, next)]).toEqual([true, true]);
});

test('a follower of Redis that does not confirm makes it no promise', async () => {
  const [one] = await start();
  await one.get(LIST);
  const follower = await RedisServer.start(['--replicaof', '127.0.0.1', String(fleet.redis.port)]);
  try {
    // Redis calls it online up to a second before it sends it anything, so what was written after that has to arrive.
    await eventually('online', async () =>
      (await fleet.redis.cli(['info', 'replication'])).includes('state=online'),
    );
    await fleet.redis.cli(['set', 'probe', 'arrived']);
    await eventually('following', async () => (await follower.cli(['get', 'probe'])) === 'arrived');
    const confirmed = await one.purge({ index: 'idx-loyalty' });
    expect([confirmed.status, json(confirmed).redis_followers]).toEqual([200, 1]);
    follower.freeze();
    expect((await one.purge({ index: 'idx-loyalty' })).status).toBe(503);
    follower.thaw();
  } finally {
    await follower.stop();
  }
});

test('callers are answered, though somebody is purged all the time', async () => {
  const [one] = await start({ knobs: { 'latency.table': { 0: [600, 600], 1: [600, 600] } } });
  await one.get('/api/indexes/idx-shoppers');
  let isOver = false;
  const purging = (async () => {
    for (let turn = 0; !isOver; turn += 1) {
      await one.purge({ index: 'idx-loyalty', profile: `m-${turn}` });
      await sleep(200);
    }
  })();
  const reply = await one.get(LIST);
  isOver = true;
  await purging;
  expect(reply.status).toBe(200);
  expect(reply.headers['cache-status']).not.toContain('stored');
});

test('a call under way on another replica does not bring back what was purged', async () => {
  const [one, other] = await start({ knobs: { 'latency.table': { 0: [800, 800], 1: [800, 800] } } });
  // The first call of a new fleet waits for the limiter.
  await one.get('/api/indexes/idx-shoppers');
  const waiting = [one.get(LIST), other.get(LIST)];
  await sleep(400);
  await fleet.simulator.erase({ tenant: 'acme', index: 'idx-loyalty', id: 'm-00002' });
  expect((await one.purge({ index: 'idx-loyalty', profile: 'm-00002' })).status).toBe(200);
  const replies = [...(await Promise.all(waiting)), await one.get(LIST), await other.get(LIST)];
  expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  for (const { body } of replies) expect(String(body)).not.toContain('m-00002');
  expect((await fleet.calls()).count).toBe(3);
});

test('without Redis nothing is said to be purged', async () => {
  const [one] = await start();
  await one.get(LIST);
  for (const way of fleet.ways) way.refuse(true);
  const reply = await one.purge({ index: 'idx-loyalty' });
  expect([reply.status, json(reply).code]).toEqual([503, 'unavailable']);
  expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0);
});

test('a purge that Redis has forgotten is told to it again', async () => {
  const [one, other] = await start();
  const { generation } = json(await one.purge({ index: 'idx-loyalty' }));
  await until(other, false, 1000);
  await fleet.redis.cli(['del', 'agw:{acme}:g']);
  const marks = () => fleet.redis.cli(['hvals', 'agw:{acme}:g']);
  const from = Date.now();
  while (!(await marks()).includes(String(generation))) {
    if (Date.now() - from > 8000) throw new Error('it was not');
    await sleep(100);
  }
});
