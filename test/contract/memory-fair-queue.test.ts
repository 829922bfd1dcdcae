import { describe, expect, test } from '@jest/globals';
import { MemoryFairQueue } from '../../src/budget/memory-fair-queue.ts';
import { GatewayError } from '../../src/shared/errors.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { Line, type QueueHarness, team } from './fair-queue/line.ts';
import { CONTRACT_LIMITS, fairQueueContract } from './fair-queue.suite.ts';

function harness(limits = CONTRACT_LIMITS): QueueHarness {
  const clock = new ManualClock();
  return {
    queue: new MemoryFairQueue(limits, clock),
    advance: (ms) => clock.advance(ms),
    now: () => clock.now(),
    close: async () => {},
  };
}

fairQueueContract('the fair queue in memory', async (limits) => harness(limits));

describe('the fair queue in memory, whose time stands still in between,', () => {
  test('lets a flight go whose timer fires a moment early by its clock, for nobody comes for it again', async () => {
    const line = new Line(harness());
    await line.enter('k', team('a'));
    await line.requeue(await line.claimed(), 'failed', 1000);
    await line.advance(998);
    expect((await line.claimed()).key).toBe('k');
  });

  test('counts an ending in the very millisecond of the look as news', async () => {
    const line = new Line(harness());
    await line.enter('k', team('a'));
    await line.settle(await line.claimed());
    expect(await line.enter('k', team('a'), { lookedUpAt: line.now() })).toEqual({
      state: 'settled',
      ending: {},
    });
    expect(await line.enter('k', team('a'), { lookedUpAt: line.now() + 1 })).toMatchObject({
      created: true,
    });
  });

  test('ends an interest with the millisecond it was given until', async () => {
    const line = new Line(harness());
    await line.enter('k1', team('a'), { forMs: 1000 });
    await line.enter('k2', team('a'), { forMs: 1001 });
    await line.advance(1000);
    expect((await line.claimed()).key).toBe('k2');
  });

  test('adds the exact time in the air to the time an interest lasts', async () => {
    for (const [queuedMs, claims] of [
      [699, 1],
      [700, 0],
    ] as const) {
      const line = new Line(harness());
      await line.enter('k', team('a'), { forMs: 1000 });
      await line.advance(300);
      const claim = await line.claimed();
      await line.advance(60_000);
      await line.requeue(claim);
      await line.advance(queuedMs);
      expect(await line.serve()).toHaveLength(claims);
    }
  });

  test('shares a failure for as long as it is told, however long that is', async () => {
    const line = new Line(harness({ ...CONTRACT_LIMITS, total: 10, failureMs: 8000 }));
    await line.enter('k', team('a'));
    await line.settle(await line.claimed(), {
      failure: new GatewayError('upstream_error', 'Amperity failed.'),
    });
    await line.advance(7999);
    // Another ending on the way, which sweeps what is to be forgotten.
    await line.enter('other', team('a'));
    await line.settle(await line.claimed());
    expect(await line.enter('k', team('a'))).toMatchObject({ state: 'settled' });
    await line.advance(1);
    expect(await line.enter('k', team('a'))).toMatchObject({ state: 'aboard' });
  });
});
