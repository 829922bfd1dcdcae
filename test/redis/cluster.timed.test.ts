import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import Bottleneck from 'bottleneck';
import { type Cluster, Redis } from 'ioredis';
import { eventually } from '../support/eventually.ts';
import { closeClients, readyClient } from '../support/redis-client.ts';
import { RedisCluster } from '../support/redis-cluster.ts';

let cluster: RedisCluster;

beforeEach(async () => {
  cluster = await RedisCluster.start();
}, 30_000);
afterEach(async () => {
  closeClients();
  await cluster.stop();
});

const keys = ['a', 'b', 'c', 'd', 'e', 'f'];

test('soon after it is ready, commands go to the master of their slot, also many at once', async () => {
  const { client } = await readyClient(cluster.url);
  await sleep(200);
  await Promise.all(keys.map((key) => client.set(key, key)));
  for (const key of keys) expect(await client.get(key)).toBe(key);
  for (const server of cluster.servers) {
    expect(await server.cli(['client', 'list'])).toMatch(/name=a-test /);
  }
});

test('a node that is killed fails its commands at once, and works on when it is back', async () => {
  const { client } = await readyClient(cluster.url);
  const setAll = () => Promise.all(keys.map((key) => client.set(key, key)));
  await eventually('every slot answers', setAll);
  const [first] = cluster.servers;
  // Empty it comes back as a node of no cluster, so it keeps nodes.conf and data.
  await first?.restart({ keepData: true });
  const from = performance.now();
  await setAll().catch(() => {});
  expect(performance.now() - from).toBeLessThan(700);
  await eventually('every slot answers again', setAll);
});

test('a frozen node costs its commands 500 ms and the others nothing', async () => {
  const { client } = await readyClient(cluster.url);
  await eventually('every slot answers', () => Promise.all(keys.map((key) => client.set(key, key))));
  cluster.servers[0]?.freeze();
  const outcomes = await Promise.all(
    keys.map(async (key) => {
      const from = performance.now();
      const failed = await client.get(key).then(
        () => false,
        () => true,
      );
      return { failed, tookMs: performance.now() - from };
    }),
  );
  const failures = outcomes.filter(({ failed }) => failed);
  expect(failures.length).toBeGreaterThan(0);
  expect(failures.length).toBeLessThan(keys.length);
  for (const { failed, tookMs } of outcomes) expect(tookMs).toBeLessThan(failed ? 900 : 200);
  cluster.servers[0]?.thaw();
});

test('a script whose connection is lost while it runs is not run again', async () => {
  const { client } = await readyClient(cluster.url);
  await eventually('the slot answers', () => client.set('count', '0'));
  const slow = "redis.call('incr', KEYS[1]) local n = 0 for i = 1, 3e7 do n = n + i end return n";
  const open = client.eval(slow, 1, 'count').then(
    () => 'done',
    () => 'failed',
  );
  await sleep(50);
  for (const node of (client as Cluster).nodes()) node.stream.destroy();
  expect(await open).toBe('failed');
  await sleep(1500);
  expect(await eventually('the slot answers', () => client.get('count'))).toBe('1');
});

test('a clustered Bottleneck runs its jobs', async () => {
  const { client } = await readyClient(cluster.url);
  await eventually('every slot answers', () => Promise.all(keys.map((key) => client.set(key, key))));
  const connection = new Bottleneck.IORedisConnection({ client, Redis } as object);
  connection.on('error', () => {});
  const limiter = new Bottleneck({ id: '{agw-test}', datastore: 'ioredis', connection, maxConcurrent: 2 });
  limiter.on('error', () => {});
  await limiter.ready();
  const done = await Promise.all([1, 2, 3, 4].map((job) => limiter.schedule(async () => job)));
  expect(done).toEqual([1, 2, 3, 4]);
  await connection.disconnect(false);
}, 30_000);
