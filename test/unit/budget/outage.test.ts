import { describe, expect, test } from '@jest/globals';
import { Outage } from '../../../src/budget/outage.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const HOLD_MS = 1025;

function watching(whenLost: 'share' | 'closed' = 'share') {
  const clock = new ManualClock();
  const redis = { isHealthy: true };
  const changes: string[] = [];
  const outage = new Outage({
    whenLost,
    holdMs: HOLD_MS,
    othersLagMs: 0,
    clock,
    isHealthy: () => redis.isHealthy,
    onChange: (mode) => changes.push(mode),
  });
  const state = (): string => `${outage.permits()} permits, ${outage.queue()} queue, ${outage.mode()}`;
  return { clock, redis, outage, state, changes };
}

const SHARED = 'shared permits, shared queue, shared';

describe('without Redis', () => {
  test('nothing changes for two seconds, nothing is granted for a window, and then its own part is', async () => {
    const { clock, redis, state } = watching();
    expect(state()).toBe(SHARED);
    redis.isHealthy = false;
    await clock.advance(1900);
    expect(state()).toBe(SHARED);
    await clock.advance(200);
    expect(state()).toBe('none permits, local queue, share');
    await clock.advance(HOLD_MS - 100);
    expect(state()).toBe('none permits, local queue, share');
    await clock.advance(200);
    expect(state()).toBe('local permits, local queue, share');
    await clock.advance(3_600_000);
    expect(state()).toBe('local permits, local queue, share');
  });

  test('nothing is ever granted where that is the wish', async () => {
    const { clock, redis, state } = watching('closed');
    redis.isHealthy = false;
    await clock.advance(60_000);
    expect(state()).toBe('none permits, local queue, closed');
  });

  test('for a moment, again and again, the fleet’s budget is kept to', async () => {
    const { clock, redis, state } = watching();
    for (let loss = 0; loss < 10; loss += 1) {
      redis.isHealthy = false;
      await clock.advance(1500);
      redis.isHealthy = true;
      await clock.advance(300);
      expect(state()).toBe(SHARED);
    }
  });
});

describe('when Redis is back', () => {
  test('a window goes by in which nothing is granted, before the fleet’s budget is drawn on again', async () => {
    const { clock, redis, state, changes } = watching();
    redis.isHealthy = false;
    await clock.advance(10_000);
    redis.isHealthy = true;
    await clock.advance(100);
    expect(state()).toBe('none permits, shared queue, shared');
    await clock.advance(HOLD_MS - 100);
    expect(state()).toBe('none permits, shared queue, shared');
    await clock.advance(200);
    expect(state()).toBe(SHARED);
    expect(changes).toEqual(['share', 'share', 'shared', 'shared']);
  });

  test('before anything was granted here, that window goes by all the same', async () => {
    const { clock, redis, state } = watching();
    redis.isHealthy = false;
    await clock.advance(2200);
    redis.isHealthy = true;
    await clock.advance(200);
    expect(state()).toBe('none permits, shared queue, shared');
  });

  test('and lost again at once, its own part is not drawn on again for five seconds', async () => {
    const { clock, redis, state } = watching();
    redis.isHealthy = false;
    await clock.advance(10_000);
    redis.isHealthy = true;
    await clock.advance(1300);
    expect(state()).toBe(SHARED);
    redis.isHealthy = false;
    await clock.advance(4500);
    expect(state()).toBe(SHARED);
    await clock.advance(700);
    expect(state()).toBe('none permits, local queue, share');
  });
});

test('closed, it looks no more', async () => {
  const { clock, outage } = watching();
  outage.close();
  await clock.advance(1000);
  expect(clock.pending).toBe(0);
});
