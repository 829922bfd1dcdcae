import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { RedisPulse } from '../../src/budget/redis-pulse.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { connectRedis, type RedisClient } from '../../src/shared/redis.ts';
import { eventually } from '../support/eventually.ts';
import { RedisServer } from '../support/redis-server.ts';

let server: RedisServer;
let client: RedisClient;
const pulses: RedisPulse[] = [];

/** Waits until nothing of it throws any more. */
const until = (holds: () => unknown): Promise<unknown> =>
  eventually('all of it holds', async () => {
    await holds();
    return true;
  });

beforeEach(async () => {
  server = await RedisServer.start();
  const address = { host: '127.0.0.1', port: server.port };
  const servers = { kind: 'standalone', address, db: 0 } as const;
  client = connectRedis({ servers }, { clientName: 'test', onError: () => {} });
});
afterEach(async () => {
  for (const pulse of pulses.splice(0)) pulse.close();
  client.disconnect();
  await server.stop();
});

function pulse(onPause: (ms: number) => void = () => {}): RedisPulse {
  const made = new RedisPulse({ client, pauseKey: 'agw:{t}:q:1:pause', clock: systemClock, onPause });
  pulses.push(made);
  return made;
}

test('says that Redis is there while it answers, and not when it only keeps the connection open', async () => {
  const watched = pulse();
  await until(() => expect(watched.isHealthy()).toBe(true));
  server.freeze();
  await until(() => expect(watched.isHealthy()).toBe(false));
  server.thaw();
  await until(() => expect(watched.isHealthy()).toBe(true));
});

test('what is left of a pause at its end is not told: whoever knows it may be through with it by then', async () => {
  const pauses: number[] = [];
  pulse((ms) => pauses.push(ms));
  const other = pulse();
  await until(() => expect(other.isHealthy()).toBe(true));
  for (let times = 0; times < 8; times += 1) {
    other.pause(200);
    await new Promise((resolve) => setTimeout(resolve, 330));
  }
  expect(pauses).toEqual([]);
});

test('a pause that one replica makes is found by the others, with what is left of it', async () => {
  const pauses: number[] = [];
  pulse((ms) => pauses.push(ms));
  const other = pulse();
  await until(() => expect(other.isHealthy()).toBe(true));
  other.pause(2000);
  await until(() => expect(pauses.length).toBeGreaterThanOrEqual(2));
  expect(pauses[0]).toBeLessThanOrEqual(2000);
  expect(pauses[1]).toBeLessThan((pauses[0] ?? 0) - 400);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const found = pauses.length;
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(pauses).toHaveLength(found);
});
