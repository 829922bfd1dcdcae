import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { json } from '../support/http-get.ts';
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

/** Every name and value in Redis, as the server would write them to a disk, and in clear. */
const everything = (): Promise<string> =>
  withRedis(async (redis) => {
    const parts: Buffer[] = [];
    for (const key of await redis.keysBuffer('*')) {
      parts.push(key, (await redis.dumpBuffer(key)) ?? Buffer.alloc(0));
      const type = await redis.type(key);
      if (type === 'string') parts.push((await redis.getBuffer(key)) ?? Buffer.alloc(0));
      if (type === 'hash')
        parts.push(
          ...Object.entries(await redis.hgetall(key))
            .flat()
            .map((text) => Buffer.from(text)),
        );
      if (type === 'set') parts.push(...(await redis.smembersBuffer(key)));
      if (type === 'zset') parts.push(...(await redis.zrangeBuffer(key, '0', '-1')));
    }
    return Buffer.concat(parts).toString('latin1');
  });

test('neither a filter value nor anything of a profile can be read there, waiting, flying or stored', async () => {
  fleet = await Fleet.start({
    settings: { budget: { rate: 2 } },
    knobs: { 'latency.table': { 0: [400, 400], 1: [400, 400] } },
  });
  const list = '/api/indexes/idx-loyalty/profiles?limit=5';
  const profile = json(await fleet.get(list, 0)) as {
    data: { id: string; attributes: Record<string, unknown> }[];
  };
  const planted = ['Planted-Name', 'planted.person@example.com'];
  const of = profile.data.flatMap(({ id, attributes }) => [id, ...Object.values(attributes)]);
  const needles = [
    ...planted,
    ...of.filter((value): value is string => typeof value === 'string' && value.length > 5),
  ];
  expect(needles.length).toBeGreaterThan(10);
  const asking = [0, 1, 2, 3, 4, 5].map((turn) =>
    fleet.get(
      `${list}&filter%5Blast_name%5D=Planted-Name&filter%5Bemail%5D=planted.person%40example.com&next_token=${turn}`,
      turn,
    ),
  );
  const seen: string[] = [];
  for (let look = 0; look < 8; look += 1) {
    await sleep(150);
    seen.push(await everything());
  }
  await Promise.all(asking);
  seen.push(await everything());
  const all = seen.join('\n');
  expect(all).toContain(':q:1:flight:');
  expect(all).toContain(':p:k1:');
  for (const needle of needles) {
    for (const form of [
      needle,
      encodeURIComponent(needle),
      Buffer.from(needle).toString('base64').replace(/=+$/, ''),
    ]) {
      expect(all).not.toContain(form);
    }
  }
}, 60_000);

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
