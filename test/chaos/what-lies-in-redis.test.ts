import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { cold, Fleet, newCacheKey } from './fleet.ts';

let fleet: Fleet;
const folders: string[] = [];
afterEach(async () => {
  await fleet?.stop();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function withRedis<T>(use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(fleet.redis.port);
  try {
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}

test('a value that was moved to another name is a miss, and counted', async () => {
  fleet = await Fleet.start({ replicas: 2 });
  const [here, there] = [cold('here'), cold('there')];
  await fleet.get(here, 0);
  await withRedis(async (redis) => {
    const [first] = await redis.keys('agw:*:p:*');
    await fleet.get(there, 0);
    const second = (await redis.keys('agw:*:p:*')).find((key) => key !== first);
    if (first === undefined || second === undefined) throw new Error('there are not two pages');
    await redis.copy(first, second, 'REPLACE');
  });
  const before = (await fleet.calls()).count;
  const reply = await fleet.get(there, 1);
  expect([reply.status, reply.headers['cache-status']]).toEqual([
    200,
    expect.stringContaining('fwd=uri-miss'),
  ]);
  expect((await fleet.calls()).count).toBe(before + 1);
  const metrics = String((await fleet.gateways[1]?.admin('/metrics'))?.body);
  expect(metrics).toMatch(/gateway_cache_events_total\{tier="redis",event="undecryptable"\} [1-9]/);
}, 60_000);

test('keys are rotated in the file, and old pages stay readable without a restart of anything', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'keys-'));
  folders.push(folder);
  const file = join(folder, 'cache-keys');
  const [old, next] = [newCacheKey('old'), newCacheKey('next')];
  writeFileSync(file, old);
  fleet = await Fleet.start({ replicas: 2, env: { CACHE_KEYS: '', CACHE_KEYS_FILE: file } });
  await fleet.get(cold('before'), 0);
  // First every replica can read by it, then it writes.
  for (const keys of [`${old},${next}`, `${next},${old}`]) {
    writeFileSync(file, keys);
    await sleep(1200);
  }
  const read = await fleet.get(cold('before'), 1);
  expect(read.headers['cache-status']).toMatch(/; hit; ttl=/);
  await fleet.get(cold('after'), 0);
  expect((await fleet.get(cold('after'), 1)).headers['cache-status']).toMatch(/; hit; ttl=/);
  expect((await fleet.calls()).count).toBe(2);
  const names = await withRedis((redis) => redis.keys('agw:*:p:*'));
  expect(names.map((name) => name.split(':').at(-2)).sort()).toEqual(['next', 'old']);
}, 60_000);

test('a hit asks Redis nothing, and a miss only so much', async () => {
  fleet = await Fleet.start({ replicas: 1 });
  const calls = (): Promise<number> =>
    withRedis(async (redis) => {
      const stats = await redis.info('commandstats');
      // What the gateway says once or twice a second anyway is not for any request.
      const own = /cmdstat_(pttl|info|keys|hset|publish|client|hello|auth|select|ping|scan)/;
      return [...stats.matchAll(/^(cmdstat_\S+):calls=(\d+)/gm)]
        .filter(([, name = '']) => /evalsha|eval$|cmdstat_get|cmdstat_set$/.test(name) && !own.test(name))
        .reduce((sum, [, , count]) => sum + Number(count), 0);
    });
  await fleet.get(cold('warm'), 0);
  await sleep(1500);
  const idleFrom = await calls();
  await sleep(1000);
  const idle = (await calls()) - idleFrom;
  const hitsFrom = await calls();
  for (let hit = 0; hit < 200; hit += 1) await fleet.get(cold('warm'), 0);
  const hits = (await calls()) - hitsFrom;
  expect(hits).toBeLessThanOrEqual(2 * idle + 5);
  const missFrom = await calls();
  for (let miss = 0; miss < 8; miss += 1) await fleet.get(cold(`miss-${miss}`), 0);
  const perMiss = ((await calls()) - missFrom) / 8;
  expect(perMiss).toBeLessThanOrEqual(20);
}, 60_000);
