import { describe, expect, test } from '@jest/globals';
import { MemoryFairQueue } from '../../../src/budget/memory-fair-queue.ts';
import { SwitchedFairQueue } from '../../../src/budget/switched-fair-queue.ts';
import { UNPACED } from '../../contract/fair-queue/line.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { QUEUE_LIMITS, request, team } from '../serve/ground.ts';

function switched() {
  const clock = new ManualClock();
  const make = () => new MemoryFairQueue(QUEUE_LIMITS, clock);
  const at = { where: 'shared' as 'shared' | 'local' };
  const queue = new SwitchedFairQueue(make(), make, () => at.where);
  const interest = { team: team('web'), class: 'caller' as const, until: clock.now() + 60_000 };
  const enter = (key: string) => queue.enter(key, request(), interest, clock.now() - 1);
  const go = (where: 'shared' | 'local'): void => {
    at.where = where;
  };
  return { queue, enter, go };
}

describe('a flight', () => {
  test('in the air is not made a second time on the other side, and ends where it was claimed', async () => {
    for (const [here, there] of [
      ['shared', 'local'],
      ['local', 'shared'],
    ] as const) {
      const { queue, enter, go } = switched();
      go(here);
      await enter('k');
      const { claim } = await queue.claim('mine', UNPACED);
      if (claim === undefined) throw new Error('nothing was claimed');
      go(there);
      expect(await enter('k')).toEqual({ state: 'aboard', created: false, flying: true });
      expect((await queue.claim('other', UNPACED)).claim).toBeUndefined();
      expect(await queue.settle(claim, {})).toBe(true);
      expect(await enter('k')).toMatchObject({ state: 'aboard', created: true });
    }
  });

  test('that was put back is entered anew on this side', async () => {
    const { queue, enter, go } = switched();
    await enter('k');
    const { claim } = await queue.claim('mine', UNPACED);
    if (claim === undefined) throw new Error('nothing was claimed');
    go('local');
    expect(await queue.requeue(claim, 'failed')).toBe(true);
    expect(await enter('k')).toMatchObject({ created: true, flying: false });
    expect((await queue.claim('again', UNPACED)).claim?.key).toBe('k');
  });
});

test('nothing that waited here through one outage is still there in the next', async () => {
  const { queue, enter, go } = switched();
  go('local');
  await enter('k');
  expect(await queue.depths()).toHaveLength(1);
  go('shared');
  expect(await queue.depths()).toEqual([]);
  go('local');
  expect(await queue.depths()).toEqual([]);
});
