import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, jest, test } from '@jest/globals';
import { systemClock } from '../../src/shared/clock.ts';
import { GatewayError } from '../../src/shared/errors.ts';
import { CONTRACT_LIMITS, keys, team, teams, UNPACED } from '../contract/fair-queue/line.ts';
import { AesSealer } from './fair-queue/aes-sealer.ts';
import { fleets } from './fair-queue/with-fleet.ts';

jest.setTimeout(60_000);

const withFleet = fleets();
const [a, b] = [team('a'), team('b')];
const aboard = { state: 'aboard', created: false, flying: false };

describe('replicas with one queue in Redis', () => {
  test(
    'serve teams in fair turns, however many replicas a team is on',
    withFleet(async (fleet) => {
      const [one, two, three] = [fleet.replica(), fleet.replica(), fleet.replica()];
      await one.line.flood('one', a, 10);
      await two.line.flood('two', a, 10);
      await three.line.flood('three', a, 10);
      await three.line.flood('b', b, 10);
      const served = [];
      for (let turn = 0; turn < 20; turn += 1) {
        const { line } = [one, two, three][turn % 3] ?? one;
        served.push(...(await line.serve(1)));
      }
      for (let turns = 2; turns <= served.length; turns += 2) {
        const ofA = teams(served.slice(0, turns)).filter((name) => name === 'a').length;
        expect(Math.abs(ofA - turns / 2)).toBeLessThanOrEqual(1);
      }
    }),
  );

  test(
    'hold teams to their bounds together',
    withFleet(async (fleet) => {
      const [one, two] = [fleet.replica(), fleet.replica()];
      const small = team('small', 1, 2);
      await one.line.enter('k1', small);
      await two.line.enter('k2', small);
      expect(await one.line.enter('k3', small)).toEqual({ state: 'refused', bound: 'team' });
      expect([await one.line.depth(small), await two.line.turnsAhead(small)]).toEqual([2, 2]);
    }),
  );

  test(
    'share the slots of calls under way',
    withFleet(async (fleet) => {
      const limits = { ...CONTRACT_LIMITS, maxInFlight: 2 };
      const [one, two] = [fleet.replica({ limits }), fleet.replica({ limits })];
      await one.line.flood('k', a, 3);
      const first = await one.line.claimed();
      await two.line.claimed();
      expect(await two.line.claim()).toBeUndefined();
      await one.line.settle(first);
      expect((await two.line.claimed()).key).toBe('k3');
    }),
  );

  test(
    'keep one pace below callers together',
    withFleet(async (fleet) => {
      const [one, two] = [fleet.replica(), fleet.replica()];
      const pace = { below: 3, windowMs: 5000, gapMs: 300 };
      await one.line.flood('r', a, 3, { class: 'refresh' });
      expect((await one.line.claim('1', pace))?.key).toBe('r1');
      expect(await two.line.claim('2', pace)).toBeUndefined();
      await one.line.advance(310);
      expect((await two.line.claim('3', pace))?.key).toBe('r2');
      await one.line.enter('k', b);
      expect((await one.line.claim('4', pace))?.key).toBe('k');
      await one.line.advance(310);
      expect(await two.line.claim('5', pace)).toBeUndefined();
      expect(await two.line.lowerInMs(pace)).toBeGreaterThan(2000);
    }),
  );

  test(
    'fly one another’s flights and share how they end',
    withFleet(async (fleet) => {
      const [one, two] = [fleet.replica(), fleet.replica()];
      await one.line.enter('k', a, { withTotal: true });
      expect(await two.line.enter('k', b)).toEqual(aboard);
      const claim = await two.line.claimed();
      expect(claim.request).toEqual({ route: 'profiles', index: 'idx-1', filters: [], withTotal: true });
      expect(await one.line.claim()).toBeUndefined();
      const lookedUpAt = one.line.now();
      const info = {
        retryAfterMs: 1500,
        upstreamRequestId: 'r-1',
        errors: [{ name: 'limit', reason: 'is a number' }],
        violatedPolicies: ['team' as const],
      };
      const failure = new GatewayError('upstream_rejected', 'Amperity: no', {
        ...info,
        cause: new Error('x'),
      });
      expect(await two.line.settle(claim, { failure })).toBe(true);
      const entered = await one.line.enter('k', a, { lookedUpAt });
      const shared = entered.state === 'settled' ? entered.ending.failure : undefined;
      expect(shared).toBeInstanceOf(GatewayError);
      expect([shared?.code, shared?.message, shared?.info]).toEqual([
        'upstream_rejected',
        'Amperity: no',
        info,
      ]);
    }),
  );

  test(
    'may settle what another claimed, which knows the claim',
    withFleet(async (fleet) => {
      const [one, two] = [fleet.replica(), fleet.replica()];
      await one.line.enter('k', a);
      const claim = await one.line.claimed();
      expect(await two.line.requeue(claim)).toBe(true);
      expect(await one.line.settle(claim)).toBe(false);
    }),
  );

  test(
    'leave for themselves only',
    withFleet(async (fleet) => {
      const [one, two] = [fleet.replica(), fleet.replica()];
      await one.line.enter('k', a);
      await two.line.enter('k', a);
      await one.line.leave('k', a);
      expect(await one.line.depth(a)).toBe(1);
      expect((await one.line.claimed()).key).toBe('k');
      await one.line.enter('k2', a);
      await two.line.enter('k2', a);
      await one.line.leave('k2', a);
      await two.line.leave('k2', a);
      expect(await one.line.claim()).toBeUndefined();
    }),
  );

  test(
    'want a flight in the highest class that one of them wants it in, and a total if one does',
    withFleet(async (fleet) => {
      const [one, two] = [fleet.replica(), fleet.replica()];
      await one.line.enter('r1', a, { class: 'refresh' });
      await one.line.enter('r2', a, { class: 'refresh', withTotal: true });
      await two.line.enter('r2', a);
      await two.line.enter('r3', a);
      await one.line.enter('r3', a, { class: 'refresh' });
      await two.line.leave('r3', a);
      expect(await one.line.depth(a)).toBe(1);
      const served = await two.line.serve();
      expect(served.map((claim) => [claim.key, claim.class, claim.request.withTotal])).toEqual([
        ['r2', 'caller', true],
        ['r1', 'refresh', false],
        ['r3', 'refresh', false],
      ]);
    }),
  );

  test(
    'let an interest end for one of them and go on for another, in the class of that one',
    withFleet(async (fleet) => {
      const [one, two] = [fleet.replica(), fleet.replica()];
      await one.line.enter('k', a, { forMs: 300, withTotal: true });
      await two.line.enter('k', a, { class: 'refresh' });
      await one.line.advance(400);
      const claim = await two.line.claimed();
      expect([claim.class, claim.request.withTotal]).toEqual(['refresh', false]);
    }),
  );

  test(
    'need not have the same time',
    withFleet(async (fleet) => {
      const late = { ...systemClock, now: () => Date.now() - 3_600_000 };
      const early = { ...systemClock, now: () => Date.now() + 3_600_000 };
      const [one, two] = [fleet.replica({ clock: late }), fleet.replica({ clock: early })];
      await Promise.all([one.queue.renew(), two.queue.renew()]);
      const enteredFrom = one.line.now();
      await one.line.enter('long', a, { forMs: 5000 });
      await two.line.enter('short', a, { forMs: 500 });
      expect(Math.abs(((await one.line.oldestAt(a)) ?? 0) - enteredFrom)).toBeLessThan(50);
      await one.line.advance(1000);
      expect(keys(await two.line.serve())).toEqual(['long']);
      await one.line.enter('k', a);
      const lookedUpAt = { one: one.line.now(), two: two.line.now() };
      const claim = await one.line.claimed();
      expect(Math.abs(claim.enteredAt - one.line.now())).toBeLessThan(50);
      await one.line.settle(claim);
      for (const [{ line }, at] of [
        [one, lookedUpAt.one],
        [two, lookedUpAt.two],
      ] as const) {
        expect(await line.enter('k', b, { lookedUpAt: at })).toEqual({ state: 'settled', ending: {} });
      }
      await one.line.advance(100);
      expect(await two.line.enter('k', b)).toMatchObject({ created: true });
    }),
  );

  test(
    'leave a flight that one cannot read to the others, at nobody’s cost',
    withFleet(async (fleet) => {
      const sealer = new AesSealer();
      const [blind, one, two] = [fleet.replica(), fleet.replica({ sealer }), fleet.replica({ sealer })];
      await one.line.enter('sealed', a);
      await blind.line.flood('plain', a, 2);
      await blind.line.flood('other', b, 2);
      expect(await blind.line.claimAndCount()).toBe(3);
      expect(await one.line.depth(a)).toBe(2);
      expect(await two.line.claim()).toBeUndefined();
      await two.line.advance(600);
      expect(blind.news).toEqual([{ kind: 'returned', key: 'sealed' }]);
      const claim = await two.line.claimed();
      expect(claim).toMatchObject({ key: 'sealed', setbacks: { failed: 0 } });
    }),
  );

  test(
    'do not go round in circles over flights that nobody can read',
    withFleet(async (fleet) => {
      const [blind, one] = [fleet.replica(), fleet.replica({ sealer: new AesSealer() })];
      await one.line.flood('sealed', a, 12, { forMs: 1500 });
      expect(await blind.queue.claim('first', UNPACED)).toEqual({ lowerInMs: 0, waiting: 7 });
      expect(await blind.queue.claim('second', UNPACED)).toEqual({ lowerInMs: 0, waiting: 2 });
      expect(await blind.queue.claim('third', UNPACED)).toEqual({ lowerInMs: 0, waiting: 0 });
      expect(await blind.queue.claim('fourth', UNPACED)).toEqual({ lowerInMs: 0, waiting: 0 });
      await blind.line.advance(2000);
      expect(await blind.queue.claim('fifth', UNPACED)).toEqual({ lowerInMs: 0, waiting: 0 });
      expect(await blind.line.depth(a)).toBe(0);
    }),
  );

  test(
    'do not leave before they have entered, however long sealing takes',
    withFleet(async (fleet) => {
      const sealer = new AesSealer();
      const slowly = async (plain: Buffer, name: string): Promise<Buffer> => {
        await sleep(++sealed === 1 ? 100 : 0);
        return sealer.seal(plain, name);
      };
      let sealed = 0;
      const slow = { seal: slowly, open: sealer.open.bind(sealer) };
      const { line } = fleet.replica({ sealer: slow });
      await Promise.all([line.enter('k', a), line.leave('k', a)]);
      expect(await line.depth(a)).toBe(0);
      sealed = 0;
      await Promise.all([line.enter('k', a), line.leave('k', a), line.enter('k', a)]);
      expect(await line.depth(a)).toBe(1);
    }),
  );

  test(
    'tell whoever asks when Redis does not answer',
    withFleet(async (fleet, redis) => {
      const broken = redis.duplicate({ maxRetriesPerRequest: 0, enableOfflineQueue: false });
      broken.on('error', () => undefined);
      broken.disconnect();
      const { line } = fleet.replica({ redis: broken });
      await expect(line.enter('k', a)).rejects.toThrow();
      await expect(line.claim()).rejects.toThrow();
      await expect(line.depth(a)).rejects.toThrow();
    }),
  );
});
