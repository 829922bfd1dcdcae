import { describe, expect, test } from '@jest/globals';
import { GatewayError } from '../../../src/shared/errors.ts';
import { CONTRACT_LIMITS, type CreateQueue, keys, team, teams, withLine } from './line.ts';

const [a, b] = [team('a'), team('b')];
const failure = new GatewayError('upstream_error', 'Amperity failed.', { retryAfterMs: 1000 });
const created = { state: 'aboard', created: true, flying: false };

export function endings(create: CreateQueue): void {
  describe('a claim', () => {
    test(
      'tells what is to be flown, for whom and since when',
      withLine(create, async (line) => {
        const before = line.now();
        await line.enter('k', a, { withTotal: true });
        const after = line.now();
        await line.advance(50);
        const claim = await line.claim('mine');
        expect(claim).toMatchObject({ id: 'mine', key: 'k', team: 'a', class: 'caller' });
        expect(claim?.request).toEqual({ route: 'profiles', index: 'idx-1', filters: [], withTotal: true });
        expect(claim?.setbacks).toEqual({
          failed: 0,
          throttled: 0,
          unauthorized: 0,
          unsent: 0,
          declined: 0,
          outdated: 0,
        });
        expect(claim?.enteredAt).toBeGreaterThanOrEqual(before);
        expect(claim?.enteredAt).toBeLessThanOrEqual(after);
      }),
    );

    test(
      'repeated with the same id returns the same flight and takes no other',
      withLine(create, async (line) => {
        await line.flood('k', a, 2);
        const first = await line.claim('lost-reply');
        expect(await line.claim('lost-reply')).toEqual(first);
        expect((await line.claim('next'))?.key).toBe('k2');
        expect(await line.claim('third')).toBeUndefined();
      }),
    );

    test(
      'whose callers all leave still ends its flight, which was paid for',
      withLine(create, async (line) => {
        await line.enter('k', a);
        const claim = await line.claimed();
        await line.leave('k', a);
        expect(await line.enter('k', b)).toEqual({ state: 'aboard', created: false, flying: true });
        expect(await line.settle(claim)).toBe(true);
      }),
    );
  });

  describe('a flight that is put back', () => {
    test(
      'goes to the head of its team, with its setbacks counted by reason',
      withLine(create, async (line) => {
        await line.flood('k', a, 3);
        const first = await line.claimed();
        expect(await line.requeue(first, 'failed')).toBe(true);
        expect(first.setbacks.failed).toBe(0);
        expect(await line.requeue(await line.claimed(), 'throttled')).toBe(true);
        expect(await line.requeue(await line.claimed(), 'failed')).toBe(true);
        const claim = await line.claimed();
        expect(claim.key).toBe('k1');
        expect(claim.setbacks).toEqual({
          failed: 2,
          throttled: 1,
          unauthorized: 0,
          unsent: 0,
          declined: 0,
          outdated: 0,
        });
        expect(await line.requeue(claim, 'unauthorized')).toBe(true);
        const served = await line.serve();
        expect(keys(served)).toEqual(['k1', 'k2', 'k3']);
        expect(served.map(({ setbacks }) => setbacks.unauthorized)).toEqual([1, 0, 0]);
      }),
    );

    test(
      'waits again under every team that still waits for it',
      withLine(create, async (line) => {
        await line.enter('k', a);
        const claim = await line.claimed();
        await line.enter('k', b);
        await line.leave('k', a);
        expect(await line.requeue(claim)).toBe(true);
        const again = await line.claimed();
        expect([again.key, again.team]).toEqual(['k', 'b']);
        expect(await line.claim()).toBeUndefined();
      }),
    );

    test(
      'rests before it can be claimed again, by whoever has come to wait for it meanwhile',
      withLine(create, async (line) => {
        await line.enter('k', a);
        expect(await line.requeue(await line.claimed(), 'failed', 1000)).toBe(true);
        await line.enter('k', b);
        await line.leave('k', a);
        await line.advance(900);
        expect(await line.claim()).toBeUndefined();
        await line.advance(100);
        const again = await line.claimed();
        expect([again.key, again.team]).toEqual(['k', 'b']);
      }),
    );

    test(
      'counts as waiting while it rests, but not among those that a permit could fly',
      withLine(create, async (line) => {
        const small = team('small', 1, 2);
        await line.enter('k1', small);
        await line.requeue(await line.claimed(), 'failed', 1000);
        await line.enter('k2', small);
        expect([await line.depth(small), await line.turnsAhead(small)]).toEqual([2, 2]);
        expect(await line.enter('k3', small)).toEqual({ state: 'refused', bound: 'team' });
        expect(await line.claimAndCount()).toBe(0);
        expect(await line.claimAndCount()).toBe(0);
        await line.advance(1000);
        expect((await line.claimed()).key).toBe('k1');
      }),
    );

    test(
      'lets the flights behind it go while it rests, and its team saves no turns up meanwhile',
      withLine(create, async (line) => {
        await line.enter('a1', a);
        await line.requeue(await line.claimed(), 'failed', 1000);
        await line.flood('b', b, 30);
        expect(teams(await line.serve(20))).toEqual(Array(20).fill('b'));
        await line.advance(1000);
        await line.flood('more', a, 10);
        const next = await line.serve(8);
        expect(next[0]?.key).toBe('a1');
        const turns = teams(next).filter((name) => name === 'a').length;
        expect(Math.abs(turns - 4)).toBeLessThanOrEqual(1);
      }),
    );

    test(
      'was not its team’s turn if it was declined',
      withLine(create, async (line) => {
        await line.flood('a', a, 3);
        await line.flood('b', b, 3);
        const claim = await line.claimed();
        expect([claim.key, claim.team]).toEqual(['a1', 'a']);
        expect(await line.requeue(claim, 'declined')).toBe(true);
        const served = await line.serve();
        expect(teams(served)).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
        expect(served[0]?.setbacks).toMatchObject({ failed: 0, declined: 1 });
      }),
    );

    test(
      'is gone when everybody leaves it at rest',
      withLine(create, async (line) => {
        await line.enter('k', a);
        await line.requeue(await line.claimed(), 'failed', 500);
        await line.leave('k', a);
        await line.advance(500);
        expect(await line.claim()).toBeUndefined();
        expect(await line.enter('k', a)).toEqual(created);
      }),
    );

    test(
      'is gone when nobody waits for it any more',
      withLine(create, async (line) => {
        await line.enter('k', a);
        const claim = await line.claimed();
        await line.leave('k', a);
        expect(await line.requeue(claim)).toBe(false);
        expect(await line.claim()).toBeUndefined();
        expect(await line.enter('k', a)).toEqual(created);
      }),
    );

    test(
      'has lost none of its time to wait while it was in the air',
      withLine(create, async (line) => {
        await line.enter('k', a, { forMs: 1500 });
        await line.advance(200);
        const claim = await line.claimed();
        await line.advance(2000);
        expect(await line.requeue(claim)).toBe(true);
        await line.advance(500);
        expect((await line.claimed()).key).toBe('k');
      }),
    );

    test(
      'expires once it has waited its time in the queue',
      withLine(create, async (line) => {
        await line.enter('k', a, { forMs: 1000 });
        const claim = await line.claimed();
        await line.advance(800);
        await line.requeue(claim);
        await line.advance(1500);
        expect(await line.claim()).toBeUndefined();
      }),
    );

    test(
      'is in the air for whoever enters until then, and queues after',
      withLine(create, async (line) => {
        await line.enter('k', a);
        const claim = await line.claimed();
        expect(await line.enter('k', b)).toEqual({ state: 'aboard', created: false, flying: true });
        await line.requeue(claim);
        expect(await line.enter('k', b)).toEqual({ state: 'aboard', created: false, flying: false });
      }),
    );
  });

  describe('a flight that has ended', () => {
    test(
      'answers a caller who had looked into the store before, and is not flown again',
      withLine(create, async (line) => {
        await line.enter('k', a);
        const claim = await line.claimed();
        const lookedUpAt = line.now();
        expect(await line.settle(claim)).toBe(true);
        expect(await line.enter('k', b, { lookedUpAt })).toEqual({ state: 'settled', ending: {} });
        await line.advance(2000);
        expect(await line.enter('k', b, { lookedUpAt })).toEqual({ state: 'settled', ending: {} });
        expect(await line.claim()).toBeUndefined();
      }),
    );

    test(
      'is flown again for a caller who has looked since',
      withLine(create, async (line) => {
        await line.enter('k', a);
        await line.settle(await line.claimed());
        await line.advance(20);
        expect(await line.enter('k', b)).toEqual(created);
        expect((await line.claimed()).setbacks).toEqual({
          failed: 0,
          throttled: 0,
          unauthorized: 0,
          unsent: 0,
          declined: 0,
          outdated: 0,
        });
      }),
    );

    test(
      'is forgotten in time',
      withLine(create, async (line) => {
        await line.enter('k', a);
        const lookedUpAt = line.now();
        await line.settle(await line.claimed());
        await line.advance(10_000);
        expect(await line.enter('k', b, { lookedUpAt })).toEqual(created);
      }),
    );

    test(
      'shares its failure with later callers for a while, and only for a while',
      withLine(create, async (line) => {
        await line.enter('k', a);
        await line.settle(await line.claimed(), { failure });
        await line.advance(CONTRACT_LIMITS.failureMs / 2);
        const entered = await line.enter('k', b);
        expect(entered).toMatchObject({ state: 'settled', ending: { failure: { code: 'upstream_error' } } });
        await line.advance(CONTRACT_LIMITS.failureMs);
        expect(await line.enter('k', b)).toEqual(created);
      }),
    );

    test(
      'does not concern other flights',
      withLine(create, async (line) => {
        await line.flood('k', a, 2);
        await line.settle(await line.claimed(), { failure });
        expect(await line.enter('k3', a)).toEqual(created);
        expect(keys(await line.serve())).toEqual(['k2', 'k3']);
      }),
    );
  });

  describe('an old claim', () => {
    test(
      'neither ends nor puts back a flight that was put back and claimed by somebody else',
      withLine(create, async (line) => {
        await line.enter('k', a);
        const old = await line.claimed();
        await line.requeue(old);
        const latest = await line.claimed();
        expect(await line.settle(old, { failure })).toBe(false);
        expect(await line.requeue(old)).toBe(false);
        expect(await line.enter('k', b)).toEqual({ state: 'aboard', created: false, flying: true });
        expect(await line.settle(latest)).toBe(true);
      }),
    );

    test(
      'cannot be used once more',
      withLine(create, async (line) => {
        await line.enter('k', a);
        const claim = await line.claimed();
        expect(await line.settle(claim)).toBe(true);
        expect(await line.settle(claim)).toBe(false);
        expect(await line.requeue(claim)).toBe(false);
        expect(await line.claim()).toBeUndefined();
      }),
    );
  });
}
