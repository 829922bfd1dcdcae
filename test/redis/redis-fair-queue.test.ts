import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { MemoryFairQueue } from '../../src/budget/memory-fair-queue.ts';
import { type QueueHarness, team, teams } from '../contract/fair-queue/line.ts';
import { CONTRACT_LIMITS, fairQueueContract } from '../contract/fair-queue.suite.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { calls, playBoth } from './fair-queue/both.ts';
import type { Fleet } from './fair-queue/fleet.ts';
import { fleets } from './fair-queue/with-fleet.ts';

jest.setTimeout(60_000);

const withFleet = fleets();

/** The contract opens and closes its queues itself. */
const contractQueue = (limits: typeof CONTRACT_LIMITS): Promise<QueueHarness> =>
  new Promise((resolve, reject) => {
    const run = (fleet: Fleet): Promise<void> =>
      new Promise((close) => {
        resolve({ ...fleet.replica({ limits }).harness, close: async () => close() });
      });
    withFleet(run)().catch(reject);
  });

fairQueueContract('the fair queue in Redis', contractQueue, 12);

describe('the fair queue in Redis', () => {
  test(
    'lets a team save no turns up while all it has rests',
    withFleet(async (fleet) => {
      const { line } = fleet.replica();
      await line.flood('a', team('a'), 6);
      const claims = await Promise.all(Array.from({ length: 6 }, () => line.claimed()));
      for (const claim of claims) await line.requeue(claim, 'failed', 1000);
      await line.flood('b', team('b'), 30);
      expect(teams(await line.serve(20))).toEqual(Array(20).fill('b'));
      await line.advance(1000);
      const turns = teams(await line.serve(6)).filter((name) => name === 'a').length;
      expect(Math.abs(turns - 3)).toBeLessThanOrEqual(1);
    }),
  );

  test(
    'lets a flight go whose timer fires a moment early, for nobody comes for it again',
    withFleet(async (fleet) => {
      const { line } = fleet.replica();
      await line.enter('k', team('a'));
      const claim = await line.claimed();
      const from = line.now();
      await line.requeue(claim, 'failed', 300);
      await line.advance(200);
      expect(await line.claim()).toBeUndefined();
      await line.advance(from + 296 - line.now());
      expect((await line.claimed()).key).toBe('k');
    }),
  );

  test(
    'counts an ending in the very millisecond of the look as news',
    withFleet(async (fleet, redis) => {
      const { line } = fleet.replica();
      await line.enter('k', team('a'));
      await line.settle(await line.claimed());
      const [mark = ''] = (await fleet.keys()).filter((key) => key.endsWith(':ending:k'));
      const { settledAt } = JSON.parse((await redis.get(mark)) ?? '{}') as { settledAt: number };
      const settled = { state: 'settled', ending: {} };
      expect(await line.enter('k', team('a'), { lookedUpAt: settledAt - 1 })).toEqual(settled);
      expect(await line.enter('k', team('a'), { lookedUpAt: settledAt })).toEqual(settled);
      expect(await line.enter('k', team('a'), { lookedUpAt: settledAt + 1 })).toMatchObject({
        created: true,
      });
    }),
  );

  test(
    'sweeps interests that are over, a few with each call and more with each beat',
    withFleet(async (fleet) => {
      const { line, queue } = fleet.replica();
      queue.close();
      await line.flood('over', team('a'), 30, { forMs: 300 });
      await line.advance(400);
      await line.enter('k1', team('b'));
      expect(await line.depth(team('a'))).toBe(26);
      await queue.renew();
      expect(await line.depth(team('a'))).toBe(6);
      await line.enter('k2', team('b'));
      await line.enter('k3', team('b'));
      expect(await line.depth(team('a'))).toBe(0);
    }),
  );

  test.each([
    ['few slots', { ...CONTRACT_LIMITS, maxInFlight: 8, teams: 2 }],
    ['slots for all', CONTRACT_LIMITS],
    ['a small queue', { ...CONTRACT_LIMITS, total: 6 }],
  ])('answers call by call as the one in memory, with %s', async (_what, limits) => {
    await fc.assert(
      fc.asyncProperty(calls, (run) =>
        withFleet(async (fleet) => {
          const memory = new MemoryFairQueue(limits, new ManualClock());
          const { queue } = fleet.replica({ limits });
          await playBoth(memory, queue, run, (told, expected) => expect(told).toEqual(expected));
        })(),
      ),
      { numRuns: 100 },
    );
  });
});
