import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Quota } from '../../src/quota/daily-counts.ts';
import { RedisDailyCounts, type RedisDailyCountsParts } from '../../src/quota/redis-daily-counts.ts';
import { systemClock } from '../../src/shared/clock.ts';
import type { RedisClient } from '../../src/shared/redis.ts';
import { dailyCountsContract } from '../contract/daily-counts.suite.ts';
import { eventually } from '../support/eventually.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { closeClients, openClient, readyClient } from '../support/redis-client.ts';
import { RedisServer } from '../support/redis-server.ts';
import { RedisTime } from '../support/redis-time.ts';

const DAY_MS = 86_400_000;
const ROOT = 'agw:{t}';
const TOTAL = `${ROOT}:u:total`;
const OWN = `${ROOT}:u:own`;

let server: RedisServer;
const opened: RedisDailyCounts[] = [];
beforeEach(async () => {
  server = await RedisServer.start();
});
afterEach(async () => {
  for (const counts of opened.splice(0)) counts.close();
  closeClients();
  await server.stop();
});

function countsOn(client: RedisClient, more: Partial<RedisDailyCountsParts> = {}): RedisDailyCounts {
  const parts = { client, root: ROOT, replica: randomUUID(), maxReplicas: 4, clock: systemClock, ...more };
  const counts = new RedisDailyCounts(parts);
  opened.push(counts);
  return counts;
}

const replica = async (more?: Partial<RedisDailyCountsParts>): Promise<RedisDailyCounts> =>
  countsOn((await readyClient(server.url)).client, more);

const web: Quota = { subject: 'web', most: 1000 };
const lefts = (replicas: readonly RedisDailyCounts[], quota = web) =>
  replicas.map((each) => each.left(quota));

const until = (holds: () => void, withinMs?: number): Promise<unknown> =>
  eventually(
    'all of it holds',
    () => {
      holds();
      return true;
    },
    withinMs,
  );

/** Until every one of them has said and heard everything. */
const inStep = (replicas: readonly RedisDailyCounts[], left: number, quota = web) =>
  until(() => expect(lefts(replicas, quota)).toEqual(replicas.map(() => left)));

/** A replica whose time passes by hand, as that of Redis does. */
async function byHand(more: Partial<RedisDailyCountsParts> = {}, key = 'now') {
  const { client } = await readyClient(server.url);
  const clock = new ManualClock();
  const time = new RedisTime(client, key);
  await time.set(clock.now());
  const counts = countsOn(time.appliedTo(client), { clock, ...more });
  /** Whatever was sent by then has been answered, and heard. */
  const heard = async (): Promise<void> => {
    await client.ping();
    await clock.settle();
  };
  await heard();
  const advance = async (ms: number): Promise<void> => {
    await time.set(clock.now() + ms);
    await clock.advance(ms);
    await heard();
  };
  return { advance, client, clock, counts, heard, time };
}

/** A second passes for each, one after the other. */
async function beat(...replicas: readonly Awaited<ReturnType<typeof byHand>>[]): Promise<void> {
  for (const { clock, heard } of replicas) {
    await clock.advance(1000);
    await heard();
  }
}

dailyCountsContract('the daily counts in Redis', async () => {
  const { advance, counts } = await byHand({ maxReplicas: 1 });
  return { counts, advance, close: async () => counts.close() };
});

describe('the counts of a fleet', () => {
  test('add up on every replica within two beats, and stay as they are', async () => {
    const fleet = await Promise.all([replica(), replica(), replica()]);
    await inStep(fleet, 1000);
    for (const [at, counts] of fleet.entries()) expect(counts.take([web], 100 * (at + 1))).toBe(true);
    expect(lefts(fleet)).toEqual([900, 800, 700]);
    await inStep(fleet, 400);
    await sleep(2500);
    expect(lefts(fleet)).toEqual([400, 400, 400]);
    expect(fleet[0]?.take([web], 401)).toBe(false);
    expect(fleet[0]?.take([web], 400)).toBe(true);
    await inStep(fleet, 0);
    expect(fleet.map((counts) => counts.take([web], 1))).toEqual([false, false, false]);
    expect(await server.cli(['hget', TOTAL, 'of:web'])).toBe('1000');
  });

  test('are told in one call a second', async () => {
    const { advance, counts, client } = await byHand();
    const calls = async (): Promise<number> =>
      Number(/cmdstat_evalsha:calls=(\d+)/.exec(await client.info('commandstats'))?.[1] ?? 0);
    const before = await calls();
    for (let beats = 0; beats < 5; beats += 1) {
      for (let subject = 0; subject < 20; subject += 1)
        counts.take([{ subject: `team${subject}`, most: 1000 }], 1);
      await advance(1000);
    }
    expect((await calls()) - before).toBe(5);
  });

  test('include what is taken while they are told', async () => {
    const { clock, counts, heard } = await byHand();
    counts.take([web], 100);
    server.freeze();
    await clock.advance(1000);
    counts.take([web], 50);
    server.thaw();
    await heard();
    expect(counts.left(web)).toBe(850);
    await clock.advance(1000);
    await heard();
    expect(counts.left(web)).toBe(850);
  });

  test('lie in two keys that end with no time, and are told once more by a replica that goes', async () => {
    const [one, two] = await Promise.all([replica(), replica()]);
    await inStep([one, two], 1000);
    one.take([web], 10);
    one.close();
    await inStep([two], 990);
    expect((await server.cli(['keys', '*'])).split('\n').sort()).toEqual([OWN, TOTAL]);
    expect([await server.cli(['ttl', OWN]), await server.cli(['ttl', TOTAL])]).toEqual(['-1', '-1']);
  });

  test('hold what was delivered by replicas that do not live any more', async () => {
    const one = await byHand();
    one.counts.take([web], 200);
    one.counts.close();
    await one.heard();
    const again = await byHand();
    expect(again.counts.left(web)).toBe(800);
    again.counts.take([web], 50);
    await again.advance(1000);
    expect((await byHand()).counts.left(web)).toBe(750);
  });
});

describe('when Redis', () => {
  test('loses everything, nothing is lost, not even what the dead had delivered', async () => {
    const [dying, one, two] = [await byHand(), await byHand(), await byHand()];
    for (const { counts } of [dying, one]) counts.take([web], 100);
    await beat(dying, one, two, one);
    expect(lefts([one.counts, two.counts])).toEqual([800, 800]);
    dying.counts.close();
    one.counts.take([web], 30);
    for (let times = 0; times < 3; times += 1) {
      await server.cli(['flushall']);
      await one.time.set(one.clock.now());
      two.counts.take([web], 7);
      await beat(two, one, two);
      const left = 1000 - 200 - 30 - 7 * (times + 1);
      expect(lefts([one.counts, two.counts])).toEqual([left, left]);
    }
    const latest = await byHand();
    await beat(one, two, latest, one, two, latest);
    expect(lefts([one.counts, two.counts, latest.counts])).toEqual([749, 749, 749]);
  });

  test.each([[TOTAL], [OWN]])('loses %s alone, nothing is lost and nothing counted twice', async (key) => {
    const [one, two] = [await byHand(), await byHand()];
    for (const { counts } of [one, two]) counts.take([web], 100);
    await beat(one, two, one);
    await server.cli(['del', key]);
    one.counts.take([web], 10);
    await beat(one, two);
    two.counts.take([web], 10);
    const latest = await byHand();
    await beat(two, one, latest, two, one);
    expect(lefts([one.counts, two.counts, latest.counts])).toEqual([780, 780, 780]);
  });

  test.each([['freezes'], ['is killed']])('%s, each replica has its share of what is left', async (how) => {
    const fleet = await Promise.all([replica(), replica(), replica(), replica()]);
    await inStep(fleet, 1000);
    fleet[0]?.take([web], 600);
    await inStep(fleet, 400);
    if (how === 'freezes') server.freeze();
    else await server.stop();
    await inStep(fleet, 100);
    for (const counts of fleet) {
      expect(counts.take([web], 101)).toBe(false);
      expect(counts.take([web], 60)).toBe(true);
      expect(counts.take([web], 40)).toBe(true);
      expect(counts.take([web], 1)).toBe(false);
    }
    if (how === 'freezes') {
      server.thaw();
      const told = () => server.cli(['hget', TOTAL, 'of:web']);
      await eventually('all is told', async () => (await told()) === '1000');
      await inStep(fleet, 0);
    }
  });

  test('was never there, a replica has its share of everything, and tells what it took when Redis comes', async () => {
    await server.stop();
    const { client } = openClient(server.url);
    // For which no beat is ever due.
    const counts = countsOn(client, { clock: new ManualClock() });
    expect(counts.left(web)).toBe(250);
    expect(counts.take([web], 251)).toBe(false);
    expect(counts.take([web], 250)).toBe(true);
    expect(counts.left(web)).toBe(0);
    server = await RedisServer.start([], server.port);
    await until(() => expect(counts.left(web)).toBeGreaterThan(0));
    expect(counts.left(web)).toBe(750);
  });

  test('answers again, its replicas go on with all that is left', async () => {
    const { advance, clock, counts, heard } = await byHand();
    counts.take([web], 200);
    await advance(1000);
    // No beat is due yet where an answer is.
    await clock.advance(999);
    expect(counts.left(web)).toBe(800);
    server.freeze();
    await clock.advance(2000);
    expect(counts.left(web)).toBe(800);
    await clock.advance(1);
    expect(counts.left(web)).toBe(200);
    expect(counts.take([web], 150)).toBe(true);
    expect(counts.left(web)).toBe(50);
    server.thaw();
    await eventually('answered', async () => {
      await heard();
      await clock.advance(1000);
      await heard();
      return counts.left(web) === 650;
    });
  });

  test('runs what was sent to it but loses the replies, nothing is counted twice', async () => {
    const fleet = await Promise.all([replica(), replica(), replica()]);
    await inStep(fleet, 1000);
    let taken = 0;
    const take = (): void => {
      for (const counts of fleet) if (counts.take([web], 3)) taken += 3;
    };
    for (let round = 0; round < 4; round += 1) {
      take();
      // What is sent meanwhile is run at the end of it, when nobody waits for it any more.
      server.freeze();
      for (let part = 0; part < 3; part += 1) {
        await sleep(550);
        take();
      }
      server.thaw();
      for (let kills = 0; kills < 10; kills += 1) {
        await server.cli(['client', 'kill', 'type', 'normal']);
        await sleep(40);
        take();
      }
    }
    await inStep([...fleet, await replica()], 1000 - taken);
    await sleep(1500);
    expect(await server.cli(['hget', TOTAL, 'of:web'])).toBe(String(taken));
    expect(taken).toBeGreaterThan(300);
  });

  test('holds the counts of yesterday, these count for nothing and are emptied', async () => {
    const yesterday = Math.floor(Date.now() / DAY_MS) - 1;
    await server.cli(['hset', TOTAL, 'day', String(yesterday), 'of:web', '900', 'of:gone', '1']);
    await server.cli(['hset', OWN, 'dead web', '900']);
    const counts = await replica();
    await inStep([counts], 1000);
    expect(await server.cli(['hgetall', TOTAL])).toBe(`day\n${yesterday + 1}`);
    expect(await server.cli(['exists', OWN])).toBe('0');
  });
});

describe('the day', () => {
  test('ends for the fleet when it does for Redis, and what is told late of it counts for nothing', async () => {
    const [one, two] = [await byHand(), await byHand()];
    one.counts.take([web], 100);
    await one.advance(1000);
    await two.advance(1000);
    expect(lefts([one.counts, two.counts])).toEqual([900, 900]);
    two.counts.take([web], 50);
    // By its own clock it is not midnight yet when it tells these.
    const midnight = Math.ceil(one.clock.now() / DAY_MS) * DAY_MS;
    await one.time.set(midnight);
    await beat(two);
    expect(two.counts.left(web)).toBe(1000);
    expect(two.counts.resetMs()).toBe(DAY_MS);
    expect(await two.client.hgetall(TOTAL)).toEqual({ day: String(midnight / DAY_MS) });
    two.counts.take([web], 7);
    await two.clock.advance(1000);
    await one.clock.advance(1000);
    await one.heard();
    expect(one.counts.left(web)).toBe(993);
    expect(await two.client.hgetall(OWN)).toEqual({
      [Object.keys(await two.client.hgetall(OWN))[0] ?? '']: '7',
    });
  });

  test('is that of Redis also where a replica takes another for today, and nothing it delivered is lost', async () => {
    for (const days of [-40, -1, 1, 40]) {
      await server.cli(['flushall']);
      const { client } = await readyClient(server.url);
      const clock = new ManualClock();
      const time = new RedisTime(client, 'now');
      await time.set(clock.now() + days * DAY_MS);
      const counts = countsOn(time.appliedTo(client), { clock });
      counts.take([web], 30);
      await client.ping();
      await clock.settle();
      expect(counts.left(web)).toBe(970);
      expect(counts.resetMs()).toBe(DAY_MS);
      await clock.advance(1000);
      await client.ping();
      expect(await client.hgetall(TOTAL)).toEqual({
        day: String(ManualClock.EPOCH / DAY_MS + days),
        'of:web': '30',
      });
      counts.close();
    }
  });

  test('goes back where that of Redis does, and nothing delivered since is lost', async () => {
    const [one, two] = [await byHand(), await byHand()];
    one.counts.take([web], 100);
    await beat(one);
    // Midnight comes for the replica alone, which hears nothing meanwhile.
    server.freeze();
    await one.clock.advance(DAY_MS);
    one.counts.take([web], 30);
    server.thaw();
    await eventually('the day of Redis is known again', async () => {
      await beat(one);
      return one.counts.left(web) === 870;
    });
    await beat(one, two, one);
    expect(lefts([one.counts, two.counts])).toEqual([870, 870]);
  });

  test('goes on where the wall clock of a replica is set', async () => {
    const { advance, clock, counts } = await byHand();
    await advance(1000);
    counts.take([web], 30);
    const { now } = clock;
    clock.now = () => now.call(clock) + 3 * DAY_MS;
    expect(counts.left(web)).toBe(970);
    await advance(1000).finally(() => {
      clock.now = now;
    });
    expect(counts.left(web)).toBe(1000);
  });
});

test('throws nothing and leaves nothing unhandled, whatever Redis answers', async () => {
  const { client } = await readyClient(server.url);
  await server.cli(['set', TOTAL, 'a string']);
  const counts = countsOn(client);
  await sleep(200);
  expect(counts.left(web)).toBe(250);
  expect(counts.take([web], 1)).toBe(true);
  await server.cli(['del', TOTAL]);
  await inStep([counts], 999);
});
