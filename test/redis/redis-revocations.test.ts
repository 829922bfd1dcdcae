import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { RedisRevocations } from '../../src/access/redis-revocations.ts';
import { type Clock, systemClock } from '../../src/shared/clock.ts';
import type { RedisClient } from '../../src/shared/redis.ts';
import { eventually } from '../support/eventually.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { closeClients, openClient, readyClient } from '../support/redis-client.ts';
import { freePort, RedisServer } from '../support/redis-server.ts';

const KEY = 'agw:{t}:r';
const inAnHour = (): number => Date.now() + 3_600_000;

let server: RedisServer;
const servers: RedisServer[] = [];
const opened: RedisRevocations[] = [];
const start = async (args?: readonly string[], port?: number): Promise<RedisServer> => {
  const started = await RedisServer.start(args, port);
  servers.push(started);
  return started;
};
beforeEach(async () => {
  server = await start();
});
afterEach(async () => {
  for (const revocations of opened.splice(0)) revocations.close();
  closeClients();
  for (const each of servers.splice(0)) await each.stop();
});

function revocationsOn(client: RedisClient, clock: Clock = systemClock): RedisRevocations {
  const revocations = new RedisRevocations({ client, root: 'agw:{t}', clock });
  opened.push(revocations);
  return revocations;
}

const replica = async (clock?: Clock): Promise<RedisRevocations> =>
  revocationsOn((await readyClient(server.url)).client, clock);

const isRefused = (replicas: readonly RedisRevocations[], keyId: string, withinMs?: number) =>
  eventually(`${keyId} is refused`, () => replicas.every((each) => each.isRevoked(keyId)), withinMs);

const held = async (): Promise<string[]> => (await server.cli(['hkeys', KEY])).split('\n').sort();
const isHeld = (keyId: string) =>
  eventually(`${keyId} is in Redis`, async () => (await held()).includes(keyId));

test('a key that one replica revokes is refused by it at once, and by the others within a second', async () => {
  const [one, two, three] = await Promise.all([replica(), replica(), replica()]);
  await sleep(100);
  const revoked = one.revoke('a', inAnHour());
  expect(one.isRevoked('a')).toBe(true);
  await revoked;
  await isRefused([two, three], 'a', 1000);
  expect([one, two, three].map((each) => each.isRevoked('b'))).toEqual([false, false, false]);
  expect(await server.cli(['ttl', KEY])).toBe('-1');
});

test('a replica that starts knows as soon as it is connected', async () => {
  const one = await replica();
  await one.revoke('a', inAnHour());
  // For which no beat is ever due.
  const late = revocationsOn(openClient(server.url).client, new ManualClock());
  await isRefused([late], 'a');
});

describe('while Redis is away', () => {
  const unavailable = { name: 'GatewayError', code: 'unavailable', info: { retryAfterMs: 1000 } };

  test.each([['killed'], ['frozen']])(
    '(%s) the key is refused here, and that the others are not told is said',
    async (how) => {
      const [one, two] = await Promise.all([replica(), replica()]);
      if (how === 'killed') await server.stop();
      else server.freeze();
      await expect(one.revoke('a', inAnHour())).rejects.toMatchObject(unavailable);
      expect([one.isRevoked('a'), two.isRevoked('a')]).toEqual([true, false]);
      if (how === 'killed') await start([], server.port);
      else server.thaw();
      await isRefused([two], 'a');
      await one.revoke('a', inAnHour());
    },
  );

  test('a replica that never reached it tells it when it comes', async () => {
    const port = await freePort();
    const one = revocationsOn(openClient(`redis://127.0.0.1:${port}`).client);
    await expect(one.revoke('a', inAnHour())).rejects.toMatchObject(unavailable);
    server = await start([], port);
    await isRefused([await replica()], 'a');
  });

  test('what was revoked before stays so', async () => {
    const [one, two] = await Promise.all([replica(), replica()]);
    await one.revoke('a', inAnHour());
    await isRefused([two], 'a');
    await server.stop();
    await sleep(700);
    expect([one.isRevoked('a'), two.isRevoked('a')]).toEqual([true, true]);
  });
});

describe('what Redis holds', () => {
  test('comes back after it was lost, from whoever knows of it, and nothing is let in meanwhile', async () => {
    const [one, two] = await Promise.all([replica(), replica()]);
    await one.revoke('a', inAnHour());
    await isRefused([two], 'a');
    one.close();
    for (const lose of [['flushall'], ['hdel', KEY, 'a'], ['hset', KEY, 'a', '1']]) {
      await server.cli(lose);
      await isHeld('a');
      expect(two.isRevoked('a')).toBe(true);
    }
    await isRefused([await replica()], 'a');
  });

  test('is kept until the later of two instants, whoever says it', async () => {
    const [one, two] = await Promise.all([replica(), replica()]);
    const late = inAnHour();
    await one.revoke('a', late);
    await two.revoke('a', Date.now() + 1000);
    await eventually('it stands', async () => (await server.cli(['hget', KEY, 'a'])) === String(late));
    await sleep(1200);
    expect([one.isRevoked('a'), two.isRevoked('a')]).toEqual([true, true]);
  });

  test('is written once, however often it is read', async () => {
    const [one, two] = await Promise.all([replica(), replica()]);
    await one.revoke('a', inAnHour());
    await isRefused([two], 'a');
    const writes = async () =>
      /rdb_changes_since_last_save:(\d+)/.exec(await server.cli(['info', 'persistence']))?.[1];
    expect(await writes()).toBe('1');
    await sleep(1200);
    expect(await writes()).toBe('1');
  });

  test('vanishes with the keys that have ended, here and there', async () => {
    const [one, two] = await Promise.all([replica(), replica()]);
    await one.revoke('short', Date.now() + 1500);
    await one.revoke('long', inAnHour());
    await isRefused([two], 'short', 1000);
    expect(await held()).toEqual(['long', 'short']);
    await eventually('it has ended', async () => (await held()).join() === 'long', 5000);
    await sleep(1100);
    expect([one.isRevoked('short'), two.isRevoked('short'), two.isRevoked('long')]).toEqual([
      false,
      false,
      true,
    ]);
    expect(await held()).toEqual(['long']);
  });

  test('is not removed by a replica whose clock runs ahead', async () => {
    const [one, ahead] = [await replica(), await replica({ ...systemClock, now: () => inAnHour() * 2 })];
    await one.revoke('a', inAnHour());
    await sleep(1100);
    expect(await held()).toEqual(['a']);
    expect([one.isRevoked('a'), ahead.isRevoked('a')]).toEqual([true, false]);
  });
});

test('a follower that does not confirm makes it unavailable, and one that does makes it good', async () => {
  const follower = await start(['--replicaof', '127.0.0.1', String(server.port)]);
  await eventually('it follows', async () =>
    (await follower.cli(['info', 'replication'])).includes('master_link_status:up'),
  );
  const one = await replica();
  await one.revoke('a', inAnHour());
  expect(await follower.cli(['hexists', KEY, 'a'])).toBe('1');
  follower.freeze();
  // Neither the first time, nor again, when nothing is new to Redis any more.
  const [late, endsAt] = [await replica(), inAnHour()];
  for (const each of [one, one, late]) {
    await expect(each.revoke('b', endsAt)).rejects.toMatchObject({ code: 'unavailable' });
  }
  expect(one.isRevoked('b')).toBe(true);
  follower.thaw();
  await eventually('it is confirmed', async () => {
    await one.revoke('b', inAnHour());
    return true;
  });
});
