import { describe, expect, jest, test } from '@jest/globals';
import { CONTRACT_LIMITS, keys, team } from '../contract/fair-queue/line.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { readyClient } from '../support/redis-client.ts';
import { fleets } from './fair-queue/with-fleet.ts';

// Concurrently, as they do little but wait.
jest.setTimeout(60_000);

const withFleet = fleets();
const [a, b] = [team('a'), team('b')];

/** By then a lease is over; and by then a replica counts as gone. */
const [LEASE_OVER_MS, GONE_MS] = [3100, 5200];

describe('a replica whose connection breaks as it lands', () => {
  test.concurrent(
    'says it again, so that nobody flies the same once more or takes it for a crash',
    withFleet(async (fleet, redis) => {
      const { host = '', port = 0 } = redis.options;
      const proxy = await FaultProxy.to(`redis://${host}:${port}`);
      const { client: own } = await readyClient(proxy.url().replace(/^http/, 'redis'));
      const [landing, other] = [fleet.replica({ redis: own }), fleet.replica()];
      await other.line.enter('k', a);
      const claim = await landing.line.claimed();
      proxy.cut();
      await expect(landing.queue.settle(claim, {})).rejects.toThrow();
      await other.line.advance(1500);
      expect(await other.line.enter('k', b, { lookedUpAt: 0 })).toMatchObject({ state: 'settled' });
      await other.line.advance(LEASE_OVER_MS - 1500);
      expect(await other.line.claim()).toBeUndefined();
      expect([...landing.news, ...other.news]).toEqual([]);
      own.disconnect();
      await proxy.close();
    }),
  );
});

describe('a replica that dies', () => {
  test.concurrent(
    'gives what it had in the air back to the head of the queue, and its slot, after 3 s',
    withFleet(async (fleet) => {
      const limits = { ...CONTRACT_LIMITS, maxInFlight: 1 };
      const [dying, living] = [fleet.replica({ limits }), fleet.replica({ limits })];
      await living.line.enter('k1', a, { forMs: 2000 });
      await living.line.enter('k2', a);
      const lost = await dying.line.claimed();
      dying.queue.close();
      await living.line.advance(2500);
      expect(await living.line.claim()).toBeUndefined();
      await living.line.advance(LEASE_OVER_MS - 2500);
      const claim = await living.line.claimed();
      expect(claim).toMatchObject({ key: 'k1', setbacks: { failed: 0, unsent: 0 } });
      expect(living.news).toEqual([{ kind: 'returned', key: 'k1' }]);
      expect(await dying.queue.settle(lost, {})).toBe(false);
      expect(await dying.queue.requeue(lost, 'failed')).toBe(false);
      expect(await living.line.settle(claim)).toBe(true);
      expect(keys(await living.line.serve())).toEqual(['k2']);
    }),
  );

  test.concurrent(
    'is missed by a replica that neither enters nor claims',
    withFleet(async (fleet) => {
      const [dying, living] = [fleet.replica(), fleet.replica()];
      await living.line.enter('k', a);
      await dying.line.claimed();
      dying.queue.close();
      await living.line.advance(LEASE_OVER_MS + 1000);
      expect(living.news).toEqual([{ kind: 'returned', key: 'k' }]);
    }),
  );

  test.concurrent(
    'keeps what it has in the air for as long as it lives, however long that takes',
    withFleet(async (fleet) => {
      const [flying, other] = [fleet.replica(), fleet.replica()];
      await other.line.enter('k', a, { forMs: 1000 });
      const claim = await flying.line.claimed();
      await flying.line.advance(4500);
      expect(await other.line.claim()).toBeUndefined();
      expect(await other.line.enter('k', b)).toMatchObject({ flying: true });
      expect(await flying.line.requeue(claim)).toBe(true);
      expect((await other.line.claimed()).key).toBe('k');
      expect([...flying.news, ...other.news]).toEqual([]);
    }),
  );

  test.concurrent(
    'has nothing flown for it any more, and takes up no place',
    withFleet(async (fleet) => {
      const [dying, living] = [fleet.replica(), fleet.replica()];
      const small = team('small', 1, 12);
      await dying.line.flood('dead', small, 12);
      await living.line.enter('dead1', b);
      await dying.line.enter('r', b, { withTotal: true });
      await living.line.enter('r', b, { class: 'refresh' });
      dying.queue.close();
      await living.line.advance(GONE_MS - 1700);
      expect(await living.line.enter('new', small)).toEqual({ state: 'refused', bound: 'team' });
      await living.line.advance(1700);
      const served = await living.line.serve();
      expect(served.map((claim) => [claim.key, claim.class, claim.request.withTotal])).toEqual([
        ['dead1', 'caller', false],
        ['r', 'refresh', false],
      ]);
      await living.line.advance(1000);
      expect(await living.line.depth(small)).toBe(0);
      expect(await living.line.enter('new', small)).toMatchObject({ created: true });
    }),
  );

  test.concurrent(
    'leaves places to whoever enters, a few with each call',
    withFleet(async (fleet) => {
      const [dying, living] = [fleet.replica(), fleet.replica()];
      await dying.line.flood('dead', a, 100);
      await dying.line.enter('air', b);
      dying.queue.close();
      // Without a beat of its own that would sweep.
      await living.line.advance(GONE_MS);
      const depths = [];
      for (let entered = 0; entered < 30; entered += 1) {
        await living.line.enter(`k${entered}`, b);
        depths.push(await living.line.depth(a));
      }
      expect(depths.slice(0, 3)).toEqual([96, 92, 88]);
      expect(depths.at(-1)).toBe(0);
    }),
  );

  test.concurrent(
    'and is waited for by nobody else gives nothing back',
    withFleet(async (fleet) => {
      const [dying, living] = [fleet.replica(), fleet.replica()];
      await dying.line.enter('k', a);
      await dying.line.claimed();
      dying.queue.close();
      await living.line.advance(GONE_MS);
      expect(await living.line.claim()).toBeUndefined();
      expect(living.news).toEqual([]);
      expect(await living.line.enter('k', a)).toMatchObject({ created: true, flying: false });
    }),
  );
});

describe('a flight that ends the replicas that fly it', () => {
  const limits = { ...CONTRACT_LIMITS, maxClaims: 2 };

  test.concurrent(
    'fails for everybody before it has ended them all',
    withFleet(async (fleet) => {
      const living = fleet.replica({ limits });
      await living.line.enter('k', a);
      for (let death = 0; death < 2; death += 1) {
        const dying = fleet.replica({ limits });
        expect(await dying.line.claim()).toMatchObject({ key: 'k' });
        dying.queue.close();
        await living.line.advance(LEASE_OVER_MS + 1000);
      }
      expect(living.news).toMatchObject([
        { kind: 'returned', key: 'k' },
        { kind: 'crashed', key: 'k', failure: { code: 'internal' } },
      ]);
      expect(await living.line.claim()).toBeUndefined();
      expect(await living.line.depth(a)).toBe(0);
      // For longer than other failures, since what it costs is a replica.
      expect(await living.line.enter('k', b)).toMatchObject({
        state: 'settled',
        ending: { failure: { name: 'GatewayError', code: 'internal' } },
      });
    }),
  );

  test.concurrent(
    'is not taken for one when a replica has said how it went in between',
    withFleet(async (fleet) => {
      const [living, ...dying] = [1, 2, 3].map(() => fleet.replica({ limits }));
      await living?.line.enter('k', a);
      for (const { line, queue } of dying) {
        const claim = await line.claimed();
        await line.requeue(claim, 'throttled');
        expect(await line.claim()).toMatchObject({ key: 'k' });
        queue.close();
        await living?.line.advance(LEASE_OVER_MS);
      }
      expect(await living?.line.claim()).toMatchObject({ key: 'k', setbacks: { throttled: 2 } });
    }),
  );
});

describe('a replica that was taken for gone', () => {
  test.concurrent(
    'is told, so that it can enter again what still waits',
    withFleet(async (fleet) => {
      const [stalled, living] = [fleet.replica(), fleet.replica()];
      await stalled.line.flood('k', a, 2);
      stalled.queue.close();
      await living.line.enter('other', b);
      await living.line.advance(GONE_MS);
      expect(stalled.news).toEqual([]);
      await stalled.line.enter('more', a);
      expect(stalled.news).toEqual([{ kind: 'forgotten' }]);
      await stalled.queue.renew();
      expect(stalled.news).toHaveLength(1);
    }),
  );

  test.concurrent(
    'is told as well when Redis has lost its data',
    withFleet(async (fleet, redis) => {
      const { line, queue, news } = fleet.replica();
      await line.enter('k', a);
      const claim = await line.claimed();
      await redis.del(...(await fleet.keys()));
      await queue.renew();
      expect(news).toEqual([{ kind: 'forgotten' }]);
      expect(await line.settle(claim)).toBe(false);
      await line.enter('k', a);
      expect((await line.claimed()).key).toBe('k');
    }),
  );

  test.concurrent(
    'does not go on renewing what it has lost',
    withFleet(async (fleet, redis) => {
      const own = redis.duplicate();
      const { line, queue } = fleet.replica({ redis: own });
      const renewed: string[] = [];
      const commands = own as unknown as Record<string, (root: string, args: string) => unknown>;
      const renew = commands['agw:queue:renew']?.bind(own);
      commands['agw:queue:renew'] = (root, args) => {
        renewed.push(JSON.parse(args).claims);
        return renew?.(root, args);
      };
      await line.enter('k', a);
      const { id } = await line.claimed();
      await queue.renew();
      await redis.del(...(await fleet.keys()));
      await queue.renew();
      await queue.renew();
      own.disconnect();
      expect(renewed).toEqual([[id], [id], []]);
    }),
  );
});
