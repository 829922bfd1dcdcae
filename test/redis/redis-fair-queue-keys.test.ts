import { describe, expect, jest, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import type { QueueTeam } from '../../src/budget/fair-queue.ts';
import { GatewayError } from '../../src/shared/errors.ts';
import { CONTRACT_LIMITS, keys, team, UNPACED } from '../contract/fair-queue/line.ts';
import type { Replica } from './fair-queue/fleet.ts';
import { fleets } from './fair-queue/with-fleet.ts';

jest.setTimeout(60_000);

const withFleet = fleets();
const [a, b] = [team('a'), team('b')];
const failure = new GatewayError('upstream_rejected', 'planted-message', { upstreamRequestId: 'planted-id' });

/** Everything that can lie in a queue: flights that wait, rest, fly, have ended well and have failed. */
async function fill({ line, queue }: Replica): Promise<void> {
  const interest = { team: a as QueueTeam, class: 'caller' as const, until: Date.now() + 60_000 };
  const request = {
    route: 'profile' as const,
    index: 'planted-index',
    profile: 'planted-profile',
    filters: [['planted-attribute', 'planted-value']] as const,
    extras: [['planted-extra', 'planted-extra-value']] as const,
    nextToken: 'planted-token',
    withTotal: true,
  };
  for (const key of ['fails', 'ends', 'rests', 'flies', 'waits']) {
    await queue.enter(key, request, interest, Date.now());
  }
  await line.settle(await line.claimed(), { failure });
  await line.settle(await line.claimed());
  await line.requeue(await line.claimed(), 'failed', 60_000);
  await line.claimed();
  await line.enter('refresh', b, { class: 'refresh' });
  await line.enter('idle', b, { class: 'idle' });
}

async function everythingIn(redis: Redis, all: readonly string[]): Promise<string> {
  const texts = await Promise.all(
    all.map(async (key) => {
      const type = await redis.type(key);
      if (type === 'hash') return redis.hgetall(key);
      if (type === 'zset') return redis.zrangebyscore(key, '-inf', '+inf');
      return type === 'set' ? redis.smembers(key) : redis.get(key);
    }),
  );
  return JSON.stringify([all, texts]);
}

describe('the keys of a queue in Redis', () => {
  test(
    'all carry the hash tag of the fleet and the version of the format, and end some time',
    withFleet(async (fleet, redis) => {
      await fill(fleet.replica());
      const all = await fleet.keys();
      expect(all.length).toBeGreaterThan(15);
      for (const key of all) {
        expect(key.startsWith(`agw:{${fleet.name}}:q:1:`)).toBe(true);
        expect([key, await redis.pttl(key)]).toEqual([key, expect.any(Number)]);
        expect(await redis.pttl(key)).toBeGreaterThan(0);
        expect(await redis.pttl(key)).toBeLessThanOrEqual(3_600_000);
      }
    }),
  );

  test(
    'show nothing of what is asked for and of how it failed',
    withFleet(async (fleet, redis) => {
      await fill(fleet.replica());
      const text = await everythingIn(redis, await fleet.keys());
      expect(text).toContain('descriptor');
      expect(text).toContain('failure');
      const base64 = [...text.matchAll(/[A-Za-z0-9+/=]{16,}/g)].map(([each]) => Buffer.from(each, 'base64'));
      expect(base64.length).toBeGreaterThanOrEqual(4);
      for (const shown of [text, Buffer.concat(base64).toString('latin1')]) {
        expect(shown).not.toMatch(/planted|upstream_rejected/);
      }
    }),
  );

  test(
    'are gone when all has left, ended and been forgotten',
    withFleet(async (fleet) => {
      const limits = { ...CONTRACT_LIMITS, failureMs: 500 };
      const replica = fleet.replica({ limits });
      const { line } = replica;
      await line.flood('served', a, 20);
      await line.flood('served', b, 20);
      await line.flood('refresh', b, 5, { class: 'refresh' });
      await line.serve();
      await line.flood('left', a, 5);
      for (let number = 1; number <= 5; number += 1) await line.leave(`left${number}`, a);
      await line.enter('rests', a);
      await line.requeue(await line.claimed(), 'failed', 60_000);
      await line.leave('rests', a);
      await line.enter('in the air', a, { class: 'idle' });
      const air = await line.claimed();
      await line.leave('in the air', a);
      await line.settle(air);
      await line.enter('fails', b);
      await line.settle(await line.claimed(), { failure });
      await line.flood('expired', a, 30, { forMs: 200 });
      await line.enter('expired-at-rest', b, { forMs: 200 });
      await line.advance(3200);
      await line.claim();
      const rest = (await fleet.keys()).map((key) => key.split(':q:1:')[1]);
      // Who is there, and for an hour at most that a team has just had a turn.
      expect(rest.filter((key) => key !== 'replicas' && key?.startsWith('lane:') !== true)).toEqual([]);
    }),
  );

  test(
    'are few calls: one each, whatever it does',
    withFleet(async (fleet, redis) => {
      const { line } = fleet.replica();
      await line.flood('k', a, 50);
      const before = await scriptCalls(redis);
      await line.claimed();
      expect((await scriptCalls(redis)) - before).toBe(1);
    }),
  );

  test(
    'are read in small parts, however much is over',
    withFleet(async (fleet, redis) => {
      const limits = { ...CONTRACT_LIMITS, total: 1000 };
      const [one, two] = [fleet.replica({ limits }), fleet.replica({ limits })];
      await one.line.flood('over', a, 250, { forMs: 1500 });
      await two.line.enter('live', a);
      one.queue.close();
      await two.line.advance(1600);
      const before = await scriptCalls(redis);
      expect((await two.line.claimed()).key).toBe('live');
      expect((await scriptCalls(redis)) - before).toBe(3);
      expect(await two.line.depth(a)).toBe(0);
    }),
  );

  test(
    'that Redis has lost do no more harm than that',
    withFleet(async (fleet, redis) => {
      const { line, queue } = fleet.replica();
      await line.flood('k', a, 3);
      await line.enter('air', b);
      const root = `agw:{${fleet.name}}:q:1`;
      await redis.del(`${root}:flight:k1`, `${root}:flight:k2`);
      expect(keys(await line.serve())).toEqual(['air', 'k3'].sort((x) => (x === 'k3' ? -1 : 1)));
      expect(await queue.claim('last', UNPACED)).toEqual({ lowerInMs: 0, waiting: 0 });
      expect(await line.enter('k1', a)).toMatchObject({ created: true });
      const lost = await line.claimed();
      await redis.del(`${root}:flight:k1`);
      expect(await line.settle(lost)).toBe(false);
      queue.close();
      await line.advance(3200);
      await line.claim();
      expect((await fleet.keys()).map((key) => key.slice(root.length + 1))).not.toContain('slots');
    }),
  );

  test(
    'do not take a flight from one claim because another of the same flight was lost',
    withFleet(async (fleet, redis) => {
      const { line, queue } = fleet.replica();
      await line.enter('k', a);
      const lost = await line.claimed();
      await redis.del(`agw:{${fleet.name}}:q:1:flight:k`);
      expect(await line.settle(lost)).toBe(false);
      await line.advance(1500);
      await line.enter('k', a);
      const claim = await line.claimed();
      await line.advance(1700);
      await queue.renew();
      expect(await line.enter('k', b)).toMatchObject({ flying: true });
      expect(await line.settle(claim)).toBe(true);
    }),
  );
});

/** A script comes with its text the first time. */
async function scriptCalls(redis: Redis): Promise<number> {
  const counts = (await redis.info('commandstats')).matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g);
  return [...counts].reduce((sum, [, calls]) => sum + Number(calls), 0);
}
