import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import Bottleneck from 'bottleneck';
import { Redis } from 'ioredis';
import { BottleneckRedisPermits } from '../../src/budget/bottleneck-redis-permits.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { LONGEST_RECONNECT_MS, type RedisClient } from '../../src/shared/redis.ts';
import { closeClients, readyClient } from '../support/redis-client.ts';
import { RedisServer } from '../support/redis-server.ts';
import { countBetween, Fleet, mostInOneSecond, rateFrom, until } from './permits/fleet.ts';

let server: RedisServer;
let fleet: Fleet;
let redis: Redis;

beforeEach(async () => {
  server = await RedisServer.start();
  fleet = new Fleet(server.port);
  redis = new Redis(server.port);
  redis.on('error', () => {});
});
afterEach(async () => {
  await fleet.end();
  closeClients();
  redis.disconnect();
  await server.stop();
});

/** Keys of the fleet's limiter. */
const key = (part: string): string => `b_{agw-${fleet.name}}_${part}`;

/** One more replica, in this process. */
const permitsHere = (client: RedisClient): BottleneckRedisPermits =>
  new BottleneckRedisPermits({
    limit: { rate: 10, windowMs: 1000, guardMs: 25 },
    name: fleet.name,
    connect: () => client,
    clock: systemClock,
    bursts: false,
    maxReplicas: 4,
    reconnectMs: LONGEST_RECONNECT_MS,
    onTrouble: () => {},
  });

/** The first grant after an instant, as ms after it. */
const firstAfter = (instant: number): number =>
  (fleet.grants.find((at) => at > instant) ?? Number.POSITIVE_INFINITY) - instant;

test('three replicas share one budget: never more than it, nearly all of it, each its part', async () => {
  await fleet.add(3);
  const from = Date.now();
  await sleep(6000);
  expect(mostInOneSecond(fleet.grants)).toBe(10);
  expect(rateFrom(fleet.grants, from)).toBeGreaterThanOrEqual(9.5);
  for (const { grants } of fleet.replicas) {
    expect(countBetween(grants, from, from + 6000)).toBeGreaterThanOrEqual(12);
  }
}, 30_000);

describe('the limit holds and the rate comes back when', () => {
  test('Redis is restarted without its data', async () => {
    await fleet.add(3);
    await sleep(1500);
    await server.stop();
    await sleep(500);
    server = await RedisServer.start([], server.port);
    const back = Date.now();
    await sleep(5000);
    expect(mostInOneSecond(fleet.grants)).toBe(10);
    expect(firstAfter(back)).toBeLessThanOrEqual(3000);
    expect(rateFrom(fleet.grants, back + 3000)).toBeGreaterThanOrEqual(8.5);
  }, 30_000);

  test('all of its data is flushed, with leases running', async () => {
    await fleet.add(3);
    for (let flush = 0; flush < 3; flush += 1) {
      await sleep(1700);
      await redis.flushall();
      const flushed = Date.now();
      await until(() => firstAfter(flushed + 1000) < 2000);
    }
    await sleep(1500);
    expect(mostInOneSecond(fleet.grants)).toBe(10);
    expect(fleet.replicas.flatMap(({ troubles }) => troubles)).toContain('state_loss');
  }, 30_000);

  test('all of its data is flushed, with permits granted whose requests are not on the wire yet', async () => {
    const adding = fleet.add(3, { slowMs: 2700 });
    while ((await redis.zcard(key('job_expirations'))) < 10) await sleep(20);
    await redis.flushall();
    await adding;
    await sleep(3000);
    expect(mostInOneSecond(fleet.grants)).toBeLessThanOrEqual(10);
    expect(fleet.grants.length).toBeGreaterThan(20);
  }, 30_000);

  test('all of its data is flushed, and a replica starts at that moment', async () => {
    await fleet.add(3);
    await sleep(1700);
    const { client } = await readyClient(server.url);
    await until(() => Date.now() - (fleet.grants.at(-1) ?? 0) < 50);
    await redis.flushall();
    const permits = permitsHere(client);
    const grants: number[] = [];
    const asking = Array.from({ length: 10 }, () => permits.acquire(async () => grants.push(Date.now()) > 0));
    await sleep(3500);
    await permits.close();
    await Promise.all(asking);
    expect(mostInOneSecond([...fleet.grants, ...grants].sort((a, b) => a - b))).toBeLessThanOrEqual(10);
    expect(grants.length).toBeGreaterThan(0);
  }, 30_000);

  test('a replica stands still for longer than its leases, and goes on', async () => {
    const [still] = await fleet.add(3);
    await sleep(1000);
    for (const stillMs of [1500, 5000]) {
      still?.child.kill('SIGSTOP');
      await sleep(stillMs);
      still?.child.kill('SIGCONT');
      await sleep(1500);
    }
    const on = Date.now();
    await sleep(2000);
    expect(mostInOneSecond(fleet.grants)).toBe(10);
    expect(rateFrom(fleet.grants, on)).toBeGreaterThanOrEqual(8.5);
  }, 40_000);

  test('a replica is held up between each grant and its use, for longer than the lease would last', async () => {
    await fleet.add(1, { stallMs: 3500 });
    await fleet.add(2);
    await sleep(12_000);
    expect(mostInOneSecond(fleet.grants)).toBe(10);
  }, 40_000);

  test('a replica is killed with all leases in its hands', async () => {
    const [first] = await fleet.add(1);
    await until(() => (first?.grants.length ?? 0) >= 30);
    const adding = fleet.add(1);
    await first?.end('SIGKILL');
    const killed = Date.now();
    await adding;
    await until(() => Date.now() > killed + 6500);
    expect(mostInOneSecond(fleet.grants)).toBe(10);
    expect(rateFrom(fleet.grants, killed + 4500)).toBeGreaterThanOrEqual(8.5);
  }, 30_000);

  test('the clocks of replicas are 500 ms apart, both ways', async () => {
    await fleet.add(1, { skewMs: 500 });
    await fleet.add(1, { skewMs: -500 });
    await fleet.add(1);
    const from = Date.now();
    await sleep(5000);
    expect(mostInOneSecond(fleet.grants)).toBe(10);
    expect(rateFrom(fleet.grants, from)).toBeGreaterThanOrEqual(9.5);
  }, 30_000);
});

describe('a replica', () => {
  test('that starts before Redis does has permits as soon as it is there', async () => {
    const { port } = server;
    await server.stop();
    const adding = fleet.add(1);
    await sleep(2000);
    server = await RedisServer.start([], port);
    const there = Date.now();
    await adding;
    expect(firstAfter(there)).toBeLessThanOrEqual(3000);
  }, 30_000);

  test('that is refused at first has permits as soon as it is let in', async () => {
    await redis.acl('SETUSER', 'default', '-evalsha', '-eval');
    const adding = fleet.add(1);
    await sleep(2500);
    await redis.acl('SETUSER', 'default', '+evalsha', '+eval');
    const letIn = Date.now();
    await adding;
    expect(firstAfter(letIn)).toBeLessThanOrEqual(3000);
  }, 30_000);

  test('goes by its own settings, whatever another has written first', async () => {
    const other = new Bottleneck({
      id: `{agw-${fleet.name}}`,
      datastore: 'ioredis',
      clientOptions: { port: server.port },
      Redis,
      maxConcurrent: 3,
      minTime: 400,
    });
    await other.ready();
    await other.disconnect(false);
    await fleet.add(1);
    const from = Date.now() + 1000;
    await sleep(4000);
    expect(rateFrom(fleet.grants, from)).toBeGreaterThanOrEqual(9);
  }, 30_000);

  test('that has no lease knows what the others hold, and how long it would wait', async () => {
    await fleet.add(2);
    const { client } = await readyClient(server.url);
    const permits = permitsHere(client);
    await until(() => permits.held() === 10);
    expect(permits.waitMs(0)).toBeGreaterThan(0);
    expect(permits.waitMs(10)).toBeGreaterThan(1000);
    await Promise.all(fleet.replicas.map((replica) => replica.end()));
    await until(() => permits.held() === 0);
    expect(permits.waitMs(0)).toBe(0);
    await permits.close();
  }, 30_000);

  test('that Redis takes for one that wants nothing gets its part all the same', async () => {
    const [, drifted] = await fleet.add(2);
    for (const client of await redis.hkeys(key('client_num_queued'))) {
      await redis.hset(key('client_num_queued'), client, 1);
    }
    const from = Date.now();
    while (Date.now() < from + 4000) {
      // Replies that are lost, again and again, to the same replica: the one that has been here for the shorter time.
      const [client] = (await redis.zrevrange(key('client_last_registered'), 0, 0)) ?? [];
      if (client !== undefined) await redis.hset(key('client_num_queued'), client, -5);
      await sleep(300);
    }
    expect(countBetween(drifted?.grants ?? [], from, from + 4000)).toBeGreaterThanOrEqual(8);
    expect(rateFrom(fleet.grants, from)).toBeGreaterThanOrEqual(8.5);
  }, 30_000);

  test('has its permits though no message reaches it that one has come free', async () => {
    await fleet.add(1);
    const from = Date.now();
    while (Date.now() < from + 4000) {
      await redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await sleep(20);
    }
    expect(rateFrom(fleet.grants, from)).toBeGreaterThanOrEqual(6);
  }, 30_000);

  test('that ends takes its name back, and leaves nothing that would run out by itself', async () => {
    const [leaving, staying] = await fleet.add(2);
    const waiting = async (): Promise<number> =>
      (await redis.hvals(key('client_num_queued'))).filter((jobs) => Number(jobs) > 0).length;
    await leaving?.end();
    // The one that stays waits nearly always, but not between a grant and its next question.
    let most = 0;
    for (let look = 0; look < 50; look += 1) {
      most = Math.max(most, await waiting());
      await sleep(20);
    }
    expect(most).toBe(1);
    await staying?.end();
    expect(await waiting()).toBe(0);
  }, 30_000);
});
